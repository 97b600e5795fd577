"""Guards the page: a picture's hands, words for errors, tokens, and nothing from elsewhere."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.assets import PICTURE
from support.browser import a_browser, a_page, wants_chromium
from support.service import Service, a_service

from handseg_ros.segmentation.overlay import COLOURS
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.routes.page import FOLDER

TOKEN = "a token"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with a_service() as running:
        yield running


@pytest.fixture(scope="module")
def strict() -> Iterator[Service]:
    with a_service("--token", TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as running:
        yield running


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_loads_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    without_sentences = re.sub(r"as http://localhost", "", text)
    assert not re.search(r"https?:|//cdn|@import|url\(|innerHTML|\sstyle=", without_sentences)
    for name in re.findall(r'(?:src|href)="(/[^"]+)"|from "(/[^"]+)"', text):
        assert (FOLDER / "".join(name).removeprefix("/static/")).is_file(), name


def test_scripts_and_styles_are_in_files_alone() -> None:
    for path in FOLDER.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=", text), path


def test_swatches_have_the_overlay_s_colours() -> None:
    style = (FOLDER / "base.css").read_text(encoding="utf-8")
    for number, (blue, green, red) in enumerate(COLOURS, 1):
        assert f".colour-{number} {{ background: #{red:02x}{green:02x}{blue:02x}; }}" in style


def test_the_page_is_open_and_what_it_shows_is_not(strict: Service) -> None:
    for path in ("/", "/static/base.css", "/static/live/main.js"):
        assert strict.client.get(path).status_code == 200
    for path in ("/page", "/metrics", "/static", "/page/static/", "//static/x"):
        assert strict.client.get(path).status_code == 401
    assert strict.client.get("/static/%2e%2e/app.py").status_code == 404
    assert strict.client.get("/static/..%2fapp.py").status_code == 404


def test_modules_are_served_as_scripts(service: Service) -> None:
    kind = service.client.get("/static/live/main.js").headers["content-type"]
    assert kind.split(";")[0] in ("text/javascript", "application/javascript")


@wants_chromium
def test_a_picture_s_hands_are_shown_and_follow_the_sliders(
    service: Service, browser: Browser
) -> None:
    expected = service.post(PICTURE.read_bytes()).json()["predictions"]
    with a_page(browser, service.url) as page:
        expect(page.locator("#about")).to_have_text(f"{Segmenter.load().description.title} on cpu")
        page.set_input_files("#file", PICTURE)
        expect(page.locator("#hands tbody tr")).to_have_count(len(expected))
        cells = page.locator("#hands tbody tr").first.locator("td").all_text_contents()
        assert cells[0].startswith(expected[0]["side"])
        assert cells[1] == f"{expected[0]['score']:.2f}"
        assert cells[2].startswith(f"{expected[0]['area']} ")
        assert picture_size(page) == (640, 480)
        slide(page, "#score", "1")
        expect(page.locator("#count")).to_have_text("No hand was found.")
        slide(page, "#score", "0.5")
        expect(page.locator("#hands tbody tr")).to_have_count(len(expected))


def picture_size(page: Page) -> tuple[int, int]:
    size = page.locator("#found").evaluate(
        "i => i.decode().then(() => [i.naturalWidth, i.naturalHeight])"
    )
    return tuple(size)


def slide(page: Page, slider: str, value: str) -> None:
    page.locator(slider).evaluate(
        "(s, value) => { s.value = value; s.dispatchEvent(new Event('input')); }", value
    )


@wants_chromium
def test_a_picture_is_dropped(service: Service, browser: Browser) -> None:
    with a_page(browser, service.url) as page:
        expect(page.locator("#about")).to_contain_text(" on cpu")
        data = base64.b64encode(PICTURE.read_bytes()).decode()
        transfer = page.evaluate_handle(
            """(data) => {
              const picture = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
              const transfer = new DataTransfer();
              transfer.items.add(new File([picture], "hand.png", { type: "image/png" }));
              return transfer;
            }""",
            data,
        )
        page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
        expect(page.locator("#count")).to_have_text("2 hands found.")


@wants_chromium
def test_why_a_picture_has_no_answer_is_told(
    service: Service, browser: Browser, tmp_path: Path
) -> None:
    text = tmp_path / "letter.png"
    text.write_text("no picture")
    with a_page(browser, service.url) as page:
        page.set_input_files("#file", text)
        expect(page.locator("#try-problem")).to_contain_text("damaged or no picture")
        page.set_input_files("#file", PICTURE)
        expect(page.locator("#hands")).to_be_visible()
        expect(page.locator("#try-problem")).to_be_empty()


@wants_chromium
def test_a_camera_s_frames_are_answered_until_it_is_stopped(
    service: Service, browser: Browser
) -> None:
    with a_page(browser, service.url) as page:
        page.get_by_role("button", name="Use the camera").click()
        image = page.locator("#found")
        expect(image).to_be_visible()
        first = image.get_attribute("src") or ""
        expect(image).not_to_have_attribute("src", first)
        page.get_by_role("button", name="Stop the camera").click()
        expect(page.get_by_role("button", name="Use the camera")).to_be_visible()


@wants_chromium
def test_a_token_is_typed_once(strict: Service, browser: Browser) -> None:
    with a_page(browser, strict.url) as page:
        page.get_by_label("The service wants its token").fill("another")
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_text("This is not the token")).to_be_visible()
        page.get_by_label("The service wants its token").fill(TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("#about")).to_contain_text(" on cpu")
        page.reload()
        expect(page.locator("#about")).to_contain_text(" on cpu")
        assert page.evaluate("document.cookie") == ""


@wants_chromium
def test_a_picture_that_is_chosen_before_the_service_answers_is_shown(
    service: Service, browser: Browser
) -> None:
    with a_page(browser, service.url) as page:
        waiting: list[Route] = []
        page.route("**/page", lambda route: waiting.append(route))
        page.reload()
        page.set_input_files("#file", PICTURE)
        while not waiting:
            page.wait_for_timeout(20)
        waiting[0].continue_()
        expect(page.locator("table tbody tr").first).to_be_visible(timeout=20_000)


@wants_chromium
def test_nothing_is_wider_than_a_phone(service: Service, browser: Browser) -> None:
    with a_page(browser, service.url, viewport={"width": 360, "height": 640}) as page:
        page.set_input_files("#file", PICTURE)
        expect(page.locator("#hands")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
