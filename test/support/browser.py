"""A headless Chromium that opens the pages of a running service, as a person does."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect, sync_playwright
from support.checkout import ROOT
from support.processes import PATIENCE

# The system's own, else what `make test` brings.
CHROMIUM = shutil.which("chromium") or shutil.which(ROOT / "build" / "chromium" / "chromium")
wants_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="wants Chromium: install it, or have `make test` bring one by npm"
)
# The camera is a picture that Chromium paints, and nobody is asked whether it may be used.
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


expect.set_options(timeout=1e3 * PATIENCE)


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Start Chromium, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def a_page(browser: Browser, url: str, **context: object) -> Iterator[Page]:
    """Open a page in a profile of its own; errors of its scripts fail the test at the end."""
    errors: list[str] = []
    profile = browser.new_context(**context)  # type: ignore[arg-type]
    profile.set_default_timeout(1e3 * PATIENCE)
    page = profile.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: _keep(message, errors))
    page.goto(url)
    try:
        yield page
    finally:
        profile.close()
    assert errors == []


@dataclass
class HeldRequest:
    """A request that a page waits for until it is let go."""

    page: Page
    url: str
    routes: list[Route] = field(default_factory=list)

    def wait(self) -> None:
        """Wait until the page has asked."""
        while not self.routes:
            self.page.wait_for_timeout(20)

    def let_go(self) -> None:
        """Have what was asked answered, and wait until the page has the answer."""
        self.wait()
        with self.page.expect_response(self.url) as answered:
            self.routes[0].continue_()
        answered.value.finished()


def hold(page: Page, url: str) -> HeldRequest:
    """Keep the next request of a page whose address is like `url` waiting."""
    held = HeldRequest(page, url)
    page.route(url, lambda route: held.routes.append(route), times=1)
    return held


def _keep(message: ConsoleMessage, errors: list[str]) -> None:
    """Keep what Chromium calls an error, but for answers with an error's status."""
    if message.type == "error" and "Failed to load resource" not in message.text:
        errors.append(message.text)
