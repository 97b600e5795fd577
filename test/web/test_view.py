"""Guards `handseg view`: a source without ROS on the page, and what can be changed meanwhile."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import expect
from support.assets import CLIP, PICTURE, rendered_hands
from support.bags import image_entry, noise, stamp_of, write_bag
from support.browser import a_browser, a_page, wants_chromium
from support.service import Service, a_view

from handseg_ros.segmentation.segmenter import Segmenter


@pytest.fixture(scope="module")
def clip() -> Iterator[Service]:
    with a_view(str(CLIP), "--model", "hands_fast") as running:
        yield running


def newest(service: Service, after: str = "0") -> httpx.Response:
    while (answer := service.client.get("/live/overlay", params={"after": after})).is_success:
        if answer.status_code == 200:
            return answer
    raise AssertionError(answer.text)


def change(service: Service, name: str, value: Any) -> httpx.Response:
    return service.client.post("/live/parameters", json={"name": name, "value": value})


@wants_chromium
def test_a_clip_plays_on_the_page(clip: Service) -> None:
    with a_browser() as browser, a_page(browser, clip.url) as page:
        picture = page.locator("#live-picture")
        expect(picture).to_have_js_property("naturalWidth", 320)
        for _ in range(3):
            expect(picture).not_to_have_attribute("src", picture.get_attribute("src") or "")
        expect(page.locator("#live-level")).to_have_text("Works.")
        expect(page.locator("#live-figures")).to_contain_text("hands_fast")
        expect(page.locator("#live-hands tbody tr").first).to_be_visible()
        page.get_by_label("score_threshold").fill("1")
        expect(page.locator("#live-hands")).to_be_hidden()
        page.get_by_label("score_threshold").fill("0.4")
        expect(page.locator("#live-hands")).to_be_visible()


def test_a_name_in_the_query_that_has_no_effect_is_refused(clip: Service) -> None:
    for path, takes in (("state", "camera"), ("overlay", "after, camera"), ("parameters", "none")):
        answer = clip.client.get(f"/live/{path}?cam=left")
        assert answer.status_code == 422
        assert f"no option 'cam': it takes {takes}" in answer.json()["reason"]


def test_its_hands_are_the_core_s() -> None:
    expected = Segmenter.load().segment(rendered_hands())
    with a_view(str(PICTURE)) as running:
        first = newest(running)
        newest(running, first.headers["X-Number"])
        hands = running.client.get("/live/state").json()["hands"]
    assert [hand["area"] for hand in hands] == [hand.area for hand in expected.hands]
    assert [hand["score"] for hand in hands] == pytest.approx(
        [hand.score for hand in expected.hands]
    )


def test_the_model_is_switched_and_a_refusal_changes_nothing(clip: Service) -> None:
    assert change(clip, "model", "hands").status_code == 200
    assert "hands 0" in clip.client.get("/live/state").json()["figures"]["model"]
    for name, value, status, words in (
        ("model", "no_such", 409, "there is no model named 'no_such'"),
        ("mask_threshold", 0, 409, "mask"),
        ("score_threshold", "high", 422, "a number"),
        ("overlay_mode", "gold", 409, "gold"),
        ("camera", 1, 404, "no parameter 'camera'"),
    ):
        answer = change(clip, name, value)
        assert (answer.status_code, words in answer.json()["reason"]) == (status, True), answer.text
    values = {each["name"]: each["value"] for each in clip.client.get("/live/parameters").json()}
    assert values["model"] == "hands"
    assert change(clip, "model", "hands_fast").status_code == 200


def test_a_picture_that_is_bad_is_told_and_the_others_are_shown(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((48, 64, 3), np.uint8))
    with a_view(str(tmp_path), "--rate", "20", "--model", "hands_fast") as running:
        assert newest(running).content.startswith(b"\xff\xd8")
        state = running.client.get("/live/state").json()
    assert state["level"] == "warning"
    assert "0.png" in state["message"]


def test_a_bag_is_shown_by_its_only_camera(tmp_path: Path) -> None:
    entries = [
        image_entry("/camera", stamp_of(number), rendered_hands()) for number in range(2)
    ] + [image_entry("/hand_segmentation/overlay", stamp_of(0), noise(0))]
    expected = Segmenter.load("hands_fast").segment(rendered_hands())
    with a_view(str(write_bag(tmp_path / "drive", entries)), "--model", "hands_fast") as running:
        newest(running)
        state = running.client.get("/live/state").json()
    assert [hand["area"] for hand in state["hands"]] == [hand.area for hand in expected.hands]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["no_such.mp4"], 1, "no_such.mp4"),
        ([str(CLIP), "--topic", "/image"], 2, "is no rosbag, so --topic"),
    ],
)
def test_what_cannot_be_shown_is_told(words: list[str], code: int, told: str) -> None:
    command = [sys.executable, "-m", "handseg_ros.cli.main", "view", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert told in done.stderr


def test_a_camera_that_does_not_open_is_told_on_the_page() -> None:
    with a_view("97") as running:
        state = running.client.get("/live/state").json()
        while state["level"] == "ok":
            state = running.client.get("/live/state").json()
    assert state["level"] == "error"
    assert "camera '97' cannot be opened" in state["message"]
