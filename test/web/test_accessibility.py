"""Guards that everybody can use the pages: axe-core finds nothing serious, in light and dark."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.assets import CLIP, PICTURE
from support.browser import a_browser, a_page, wants_chromium
from support.label_page import a_label_page, write_pictures
from support.service import a_service, a_view

pytestmark = wants_chromium

PHONE = {"width": 390, "height": 844}
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start each page's service; yields their addresses."""
    folder = tmp_path_factory.mktemp("pages")
    with ExitStack() as stack:
        yield {
            "service": stack.enter_context(a_service()).url,
            "live": stack.enter_context(
                a_view(str(CLIP), "--model", "hands_fast", "--capture", str(folder / "sets"))
            ).url,
            "label": stack.enter_context(a_label_page(write_pictures(folder / "pictures"))).url,
        }


def serious(page: Page) -> list[str]:
    """Return what axe-core finds that keeps people from using a page."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html']}"
        for each in violations
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def show_hands(page: Page, name: str) -> None:
    """Bring a page to where it shows hands."""
    if name == "service":
        page.locator("input[type=file]").set_input_files(str(PICTURE))
        expect(page.locator("table tbody tr").first).to_be_visible()
    elif name == "live":
        expect(page.locator("#live-hands tbody tr").first).to_be_visible()
    else:
        expect(page.locator("#where")).to_contain_text("of 3")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["service", "live", "label"])
def test_axe_finds_nothing_serious(
    browser: Browser, pages: dict[str, str], name: str, scheme: str
) -> None:
    with a_page(browser, pages[name], color_scheme=scheme) as page:
        show_hands(page, name)
        assert serious(page) == []
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert serious(page) == []


def test_axe_would_find_something(browser: Browser, pages: dict[str, str]) -> None:
    with a_page(browser, pages["service"]) as page:
        page.evaluate("document.body.append(document.createElement('button'))")
        assert any(found.startswith("button-name") for found in serious(page))
