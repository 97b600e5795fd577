"""Guards the page beside a node of several cameras: one is chosen, parameters are the node's."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import expect
from support.assets import CLIP, PICTURE
from support.browser import a_browser, a_page, hold, wants_chromium
from support.processes import running_process
from support.robot import Robot, a_robot
from support.service import Service, a_service

NODE = "/hand_camera"
CAMERAS = ["left", "right"]
WIDTHS = {"left": 320, "right": 640}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Return a service that shows a node of two cameras, a clip and a picture of another size."""
    given = ("cameras:=left, right", f"source:={CLIP}, {PICTURE}", "loop:=true", "rate:=10.0")
    parameters = [word for each in (*given, "model:=hands_fast") for word in ("-p", each)]
    command = [sys.executable, "-m", "handseg_ros.nodes.hand_camera_node", "--ros-args"]
    with (
        running_process([*command, *parameters]),
        a_service("--model", "hands_fast", "--node", NODE) as running,
    ):
        yield running


@pytest.fixture
def robot() -> Iterator[Robot]:
    with a_robot() as other:
        yield other


def state(service: Service, camera: str = "") -> dict[str, Any]:
    """Return what is told of a camera."""
    content: dict[str, Any] = service.client.get("/live/state", params={"camera": camera}).json()
    return content


def works(service: Service, camera: str) -> bool:
    """Return whether a camera's hands come."""
    return bool(state(service, camera)["level"] == "ok")


def test_each_camera_is_told_of_and_the_first_where_none_is_named(
    service: Service, robot: Robot
) -> None:
    assert robot.wait_for(lambda: state(service)["cameras"] == CAMERAS)
    for camera in CAMERAS:
        assert robot.wait_for(partial(works, service, camera))
        assert state(service, camera)["source"] == f"{NODE}/{camera}"
    assert state(service)["source"] == f"{NODE}/left"
    answer = service.client.get("/live/overlay", params={"camera": "middle"})
    assert answer.status_code == 404
    assert "has no camera of this name, but left, right" in answer.json()["reason"]


def test_a_camera_that_nobody_looks_at_is_left_alone(service: Service, robot: Robot) -> None:
    def listeners(camera: str) -> int:
        return int(robot.node.count_subscribers(f"{NODE}/{camera}/overlay/compressed"))

    assert robot.wait_for(
        lambda: (state(service, "right"), [listeners(each) for each in CAMERAS])[1] == [0, 1]
    )


def test_parameters_are_those_of_the_node(service: Service, robot: Robot) -> None:
    change = {"name": "score_threshold", "value": 0.5}
    assert robot.wait_for(lambda: state(service)["cameras"] == CAMERAS)
    answer = service.client.post("/live/parameters", json=change)
    values = {each["name"]: each["value"] for each in answer.json()}
    assert values["score_threshold"] == 0.5
    assert values["cameras"] == "left, right"


@wants_chromium
def test_a_person_chooses_the_camera(service: Service) -> None:
    with a_browser() as browser, a_page(browser, service.url) as page:
        choice, picture = page.get_by_label("Camera", exact=True), page.locator("#live-picture")
        expect(choice).to_have_value("left")
        for camera in ("left", "right", "left"):
            choice.select_option(camera)
            expect(picture).to_be_visible()
            expect(picture).to_have_js_property("naturalWidth", WIDTHS[camera])
            expect(page.locator("#live-level")).to_have_text("Works.")
        expect(page.get_by_label("score_threshold")).to_be_visible()


@wants_chromium
def test_the_first_camera_s_late_picture_is_not_that_of_the_chosen_one(service: Service) -> None:
    with a_browser() as browser, a_page(browser, service.url) as page:
        expect(page.locator("#live-picture")).to_be_visible()
        late = hold(page, "**/live/overlay?after=0&camera=")
        page.reload()
        late.wait()
        choice = page.get_by_label("Camera", exact=True)
        expect(choice).to_have_value("left")
        choice.select_option("right")
        with page.expect_request("**/live/overlay*camera=right") as asked:
            late.let_go()
        # numbers are each camera's own: none of the first one's is taken for one of the other's
        assert "after=0&" in asked.value.url
        expect(page.locator("#live-picture")).to_have_js_property("naturalWidth", WIDTHS["right"])
