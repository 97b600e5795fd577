"""Guards the pages' late answers: each stays with the picture or camera that it was asked for."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.assets import PICTURE
from support.browser import HeldRequest, a_browser, a_page, hold, wants_chromium
from support.label_page import LabelPage, a_label_page, shown, stroke, write_pictures
from support.service import a_service

pytestmark = wants_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser."""
    with a_browser() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of the pictures deep/small, hands and wall."""
    return write_pictures(tmp_path / "pictures")


def turn(tab: Page, key: str, where: str) -> None:
    """Go to another picture, and wait until its label is there."""
    tab.keyboard.press(key)
    expect(tab.locator("#where")).to_contain_text(where)


def labelled(folder: Path) -> list[str]:
    """Return the names of the pictures that have a label on disk."""
    found = (file.relative_to(folder).with_suffix("") for file in folder.rglob("*.json"))
    return sorted(name.as_posix() for name in found if name.name != "annotations")


def held_cut(tab: Page) -> HeldRequest:
    """Draw a box with the cut tool; return the request for its hand, which has no answer yet."""
    cut = hold(tab, "**/label/cut*")
    tab.keyboard.press("g")
    stroke(tab, (0.3, 0.3), (0.7, 0.7))
    cut.wait()
    return cut


def test_a_cut_is_no_label_of_the_next_picture(folder: Path, browser: Browser) -> None:
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        cut = held_cut(tab)
        turn(tab, "PageDown", "hands: 2 of 3")
        cut.let_go()
        turn(tab, "PageUp", "deep/small: 1 of 3, 0 labelled")
    assert labelled(folder) == []


def test_a_cut_is_no_part_of_a_hand_that_was_chosen_since(folder: Path, browser: Browser) -> None:
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        cut = held_cut(tab)
        tab.keyboard.press("n")
        cut.let_go()
        expect(tab.locator("#problem")).to_contain_text("Another hand was chosen meanwhile")
        expect(tab.locator("#instances [aria-pressed=true]")).to_contain_text(" 0 pixels")
    assert labelled(folder) == []


def test_why_a_cut_failed_is_told_of_its_own_picture_alone(folder: Path, browser: Browser) -> None:
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        cut = held_cut(tab)
        turn(tab, "PageDown", "hands: 2 of 3")
        (folder / "deep" / "small.png").unlink()
        cut.let_go()
        tab.keyboard.press("n")
        expect(tab.locator("#problem")).to_be_empty()


def test_a_stroke_that_is_not_ended_when_a_person_goes_on_is_saved(
    folder: Path, browser: Browser
) -> None:
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        expect(tab.locator("#saved")).to_contain_text("suggested")
        box = tab.locator("#stage").bounding_box()
        assert box
        tab.keyboard.press("n")
        for share in (0.3, 0.6):
            tab.mouse.move(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
            tab.mouse.down()
        turn(tab, "PageDown", "hands: 2 of 3, 1 labelled")
        tab.mouse.up()
        assert labelled(folder) == ["deep/small"]
        assert sum(page.label("deep/small")["instances"][-1]["counts"][1::2]) > 500
        turn(tab, "PageUp", "deep/small: 1 of 3")


@contextmanager
def contested(folder: Path, browser: Browser) -> Iterator[tuple[LabelPage, Page]]:
    """Open the page on deep/small, which somebody else labels meanwhile."""
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        nothing = [{"label": "hand", "counts": [320 * 240]}]
        page.save("deep/small", "", nothing).raise_for_status()
        tab.keyboard.press("n")
        stroke(tab, (0.3, 0.3), (0.5, 0.3))
        expect(tab.locator("#conflict")).to_be_visible()
        yield page, tab


@pytest.mark.parametrize(
    ("choice", "is_mine"), [("Write mine over it", True), ("Take their label", False)]
)
def test_whose_label_it_is_concerns_no_other_picture(
    folder: Path, browser: Browser, choice: str, is_mine: bool
) -> None:
    with contested(folder, browser) as (page, tab):
        label = hold(tab, "**/label/label?name=deep*")
        tab.get_by_role("button", name=choice).click()
        label.wait()
        tab.keyboard.press("PageDown")
        tab.wait_for_timeout(300)  # where the page does not wait, it has gone on by now
        label.let_go()
        expect(tab.locator("#where")).to_contain_text("hands: 2 of 3")
        expect(tab.locator("#saved")).to_contain_text("suggested")
        expect(tab.locator("#instances")).not_to_be_empty()
        assert labelled(folder) == ["deep/small"]
        assert bool(page.label("deep/small")["instances"]) == is_mine


def test_a_chosen_file_stays_where_a_frame_of_the_camera_comes_late(browser: Browser) -> None:
    with a_service("--model", "hands_fast") as service, a_page(browser, service.url) as page:
        page.evaluate(
            """() => {
              const toBlob = HTMLCanvasElement.prototype.toBlob;
              HTMLCanvasElement.prototype.toBlob = function (done, ...given) {
                window.letGo = () => new Promise((resolve) => {
                  toBlob.call(this, (blob) => { done(blob); setTimeout(resolve); }, ...given);
                });
              };
            }"""
        )
        page.get_by_role("button", name="Use the camera").click()
        while not page.evaluate("() => Boolean(window.letGo)"):
            page.wait_for_timeout(20)
        page.set_input_files("#file", PICTURE)
        expect(page.locator("#count")).to_have_text("2 hands found.")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate("() => window.letGo()")
        with page.expect_response("**/predict*"):
            page.locator("#mask").dispatch_event("input")
        expect(page.locator("#count")).to_have_text("2 hands found.")
        assert len(asked) == 1
