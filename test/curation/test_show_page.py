"""Guards the page of `handseg data show`: a browser fills it from a file, without a network."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect
from support.browser import a_browser, a_page, wants_chromium
from support.toy_set import ToyArea, ToyPicture, box, write_toy_set

from handseg_ros.cli.main import main

NAME = "</script><b>\u00fc.'\u2028"


@wants_chromium
def test_a_browser_fills_the_filters_and_the_grid(tmp_path: Path) -> None:
    """As a person opens it; what a label says is text, whatever stands in it."""
    left = [ToyArea("left_hand", box(0, 0, 30, 30))]
    pictures = [
        ToyPicture("a", left, {"source": "x", "tags": {"light": NAME}}),
        ToyPicture("b", left, {"source": "y"}),
        ToyPicture("c", []),
    ]
    toy, shown = write_toy_set(tmp_path / "toy", pictures), tmp_path / "page"
    assert main(["data", "show", str(toy), "--out", str(shown)]) == 0
    with a_browser() as browser, a_page(browser, (shown / "index.html").as_uri()) as page:
        expect(page.locator("body")).to_contain_text("3 of 3 pictures")
        expect(page.locator(".card")).to_have_count(3)
        expect(page.locator('option[value="left"]')).to_have_text("left (2)")
        expect(page.locator("b")).to_have_count(0)
