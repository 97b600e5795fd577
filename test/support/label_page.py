"""`handseg label` in a process of its own, on a folder of rendered pictures."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import httpx
from playwright.sync_api import Browser, Page, expect
from support.assets import rendered_hands
from support.browser import a_page
from support.processes import PATIENCE, RunningProcess, running_process

_COMMAND = (sys.executable, "-m", "handseg_ros.cli.main", "label", "--port", "0")


def write_pictures(folder: Path) -> Path:
    """Write a picture of hands, the same half as large in a folder below, and one of a wall."""
    (folder / "deep").mkdir(parents=True)
    picture = rendered_hands()
    cv2.imwrite(str(folder / "hands.png"), picture)
    cv2.imwrite(str(folder / "deep" / "small.png"), cv2.resize(picture, (320, 240)))
    cv2.imwrite(str(folder / "wall.png"), picture[:100, :100])
    return folder


class LabelPage:
    """A running page, asked as its own script asks."""

    def __init__(self, process: RunningProcess, url: str, client: httpx.Client) -> None:
        self.process, self.url, self.client = process, url, client

    def label(self, name: str) -> dict[str, Any]:
        """Return a picture's label."""
        answer = self.client.get("/label/label", params={"name": name}).raise_for_status()
        content: dict[str, Any] = answer.json()
        return content

    def save(self, name: str, revision: str, instances: Any) -> httpx.Response:
        """Send what was drawn."""
        content = {"revision": revision, "instances": instances}
        return self.client.put("/label/label", params={"name": name}, json=content)


@contextmanager
def a_label_page(folder: Path, *options: str) -> Iterator[LabelPage]:
    """Start the command on a free port of the loopback, and end it."""
    with running_process([*_COMMAND, str(folder), *options]) as process:
        line = process.wait_for_output("Ctrl-C ends it")
        found = re.search(r"http://[\w.:]+", line)
        assert found, line
        with httpx.Client(base_url=found[0], timeout=PATIENCE, trust_env=False) as client:
            yield LabelPage(process, found[0], client)


@contextmanager
def shown(page: LabelPage, browser: Browser) -> Iterator[Page]:
    """Open the page; errors of its scripts fail the test."""
    with a_page(browser, page.url) as tab:
        expect(tab.locator("#where")).to_contain_text("of 3")
        yield tab


def stroke(tab: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw from one place of the canvas to another, as shares of its width and height."""
    box = tab.locator("#stage").bounding_box()
    assert box
    for number, (x, y) in enumerate((begin, end)):
        tab.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
        if not number:
            tab.mouse.down()
    tab.mouse.up()
