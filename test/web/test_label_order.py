"""Guards the order of the page for labels: doubts sort what is to come, and move nothing seen."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Browser, Page, expect
from support.assets import rendered_hands
from support.browser import a_browser, a_page, wants_chromium
from support.gated_labelling import GatedLabelling, gated_labelling
from support.label_page import a_label_page

from handseg_ros.datasets.frame_selection import lowered_thresholds, uncertainty_of
from handseg_ros.segmentation.segmenter import Segmenter


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser."""
    with a_browser() as running:
        yield running


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    """Return the smallest model."""
    return Segmenter.load("hands_fast")


@pytest.fixture
def folder(tmp_path: Path, segmenter: Segmenter) -> Path:
    """Return a folder of the pictures 0 to 3, of which the model doubts each more than the last."""
    scene = rendered_hands()
    sizes = ((320, 240), (240, 180), (200, 150), (160, 120), (128, 96), (96, 72))
    own = segmenter.description.thresholds
    doubts = {
        uncertainty_of(segmenter.segment(picture, lowered_thresholds(own)), own.score): picture
        for picture in (scene, *(cv2.resize(scene, size) for size in sizes))
    }
    assert len(doubts) >= 4, list(doubts)
    for name, doubt in enumerate(sorted(doubts)[-4:]):
        assert cv2.imwrite(str(tmp_path / f"{name}.png"), doubts[doubt])
    return tmp_path


@contextmanager
def two_people(
    folder: Path, segmenter: Segmenter, browser: Browser
) -> Iterator[tuple[GatedLabelling, Page, Page]]:
    """Open a folder's page twice, before the model has looked at anything."""
    with (
        gated_labelling(folder, segmenter) as labelling,
        a_page(browser, labelling.url) as one,
        a_page(browser, labelling.url) as other,
    ):
        yield labelling, one, other


def turn(page: Page, key: str, where: str) -> None:
    """Go to another picture, and wait until it is the one that is told."""
    page.keyboard.press(key)
    is_there(page, where)


def is_there(page: Page, where: str) -> None:
    """Wait until a picture is shown, with its mask."""
    expect(page.locator("#where")).to_contain_text(where)
    expect(page.locator("#saved")).not_to_be_empty()


@wants_chromium
def test_doubts_sort_what_is_to_come_and_move_nothing_seen(
    folder: Path, segmenter: Segmenter, browser: Browser
) -> None:
    with two_people(folder, segmenter, browser) as (labelling, one, other):
        is_there(one, "0: 1 of 4, 0 labelled, 4 the model has yet to look at")
        is_there(other, "0: 1 of 4")
        turn(other, "PageDown", "1: 2 of 4")
        labelling.look_at_all()
        turn(one, "PageDown", "3: 2 of 4, 0 labelled")
        expect(one.locator("#where")).not_to_contain_text("yet to look at")
        turn(other, "PageDown", "3: 3 of 4")
        turn(other, "PageDown", "2: 4 of 4")
        # each page leads back the way it came, and forth again
        turn(one, "PageUp", "0: 1 of 4")
        turn(one, "PageDown", "3: 2 of 4")
        for key, *seen in (
            ("PageUp", "3: 3", "1: 2", "0: 1"),
            ("PageDown", "1: 2", "3: 3", "2: 4"),
        ):
            for where in seen:
                turn(other, key, f"{where} of 4")


@wants_chromium
def test_what_somebody_labelled_goes_to_the_end_for_all_others(
    folder: Path, segmenter: Segmenter, browser: Browser
) -> None:
    with two_people(folder, segmenter, browser) as (labelling, one, other):
        is_there(one, "0: 1 of 4")
        turn(other, "PageDown", "1: 2 of 4")
        labelling.look_at_all()
        turn(other, "PageDown", "3: 3 of 4")
        other.get_by_role("button", name="Right as it is").click()
        expect(other.locator("#saved")).to_have_text("saved")
        turn(one, "PageDown", "2: 2 of 4, 1 labelled")
        # the open picture stays where it is, whoever labels it
        turn(other, "PageDown", "2: 4 of 4")
        other.get_by_role("button", name="Right as it is").click()
        expect(other.locator("#saved")).to_have_text("saved")
        turn(one, "PageDown", "1: 3 of 4, 2 labelled")
        turn(one, "PageDown", "3: 4 of 4")
        turn(one, "PageUp", "1: 3 of 4")
        turn(one, "PageUp", "2: 2 of 4")


def test_the_command_ranks_beside_its_page(folder: Path) -> None:
    with a_label_page(folder, "--model", "hands_fast") as page:
        listed = page.client.get("/label/pictures").json()
        while not all(one["is_ranked"] for one in listed):
            listed = page.client.get("/label/pictures").json()
    assert [one["name"] for one in listed] == ["3", "2", "1", "0"]
