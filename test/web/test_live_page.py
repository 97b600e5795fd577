"""Guards the page beside a running node: its pictures, its words, its parameters and refusals."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.assets import CLIP
from support.browser import a_browser, a_page, wants_chromium
from support.node import start_node
from support.processes import RunningProcess, running_process
from support.robot import NODE, Robot, a_robot
from support.service import Service, a_service

from handseg_ros.cli.main import main

CAMERA = [sys.executable, "-m", "handseg_ros.nodes.image_source_node", "--ros-args"]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Return a service that shows a node, which a camera sends a clip to again and again."""
    source = ["-p", f"source:={CLIP}", "-p", "loop:=true"]
    with (
        running_process([*CAMERA, *source]),
        start_node("model:=hands_fast"),
        a_service("--model", "hands_fast", "--node", NODE.removeprefix("/")) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as running:
        yield running


@pytest.fixture
def page(service: Service, browser: Browser) -> Iterator[Page]:
    with a_page(browser, service.url) as opened:
        yield opened


@pytest.fixture
def robot() -> Iterator[Robot]:
    with a_robot() as other:
        yield other


@wants_chromium
def test_the_overlay_moves_and_the_node_is_told_of(page: Page) -> None:
    picture = page.locator("#live-picture")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 320)
    for _ in range(3):
        expect(picture).not_to_have_attribute("src", picture.get_attribute("src") or "")
    expect(page.locator("#live-title")).to_have_text(f"Live: {NODE}")
    expect(page.locator("#live-level")).to_have_text("Works.")
    expect(page.locator("#live-message")).to_contain_text("frames a second")
    figures = page.locator("#live-figures")
    for words in ("hands_fast", " on cpu", "a second", "Camera to this page", "Left out for newer"):
        expect(figures).to_contain_text(words)
    expect(page.locator("#live-hands tbody tr").first).to_be_visible()
    expect(page.locator("#live-hands tbody tr").first).to_contain_text("not known")  # no depth


@wants_chromium
def test_a_slider_changes_a_parameter_of_the_node(page: Page, robot: Robot) -> None:
    slider = page.get_by_label("score_threshold")
    expect(slider).to_have_value("-1")
    slider.focus()
    slider.press("End")  # 1: no hand is so certain
    expect(page.locator("#live-hands")).to_be_hidden()
    assert robot.get_parameter("score_threshold") == 1.0
    slider.press("Home")
    expect(page.locator("#live-hands")).to_be_visible()
    assert robot.get_parameter("score_threshold") == -1.0


@wants_chromium
def test_choices_and_switches_change_parameters(page: Page, robot: Robot) -> None:
    page.get_by_label("overlay_mode").select_option("contour")
    page.get_by_label("track", exact=True).uncheck()
    page.get_by_label("stale_timeout").fill("2.5")
    page.get_by_label("stale_timeout").press("Enter")
    wanted = {"overlay_mode": "contour", "track": False, "stale_timeout": 2.5}
    assert robot.wait_for(lambda: {name: robot.get_parameter(name) for name in wanted} == wanted)


@wants_chromium
def test_the_node_s_own_reason_is_shown_where_it_refuses(page: Page, robot: Robot) -> None:
    model = page.get_by_label("model", exact=True)
    expect(model).to_have_value("hands_fast")
    model.fill("no_such_model")
    model.press("Enter")
    expect(page.locator("#parameter-model-reason")).to_contain_text(
        "there is no model named 'no_such_model': choose one of"
    )
    assert robot.get_parameter("model") == "hands_fast"
    model.fill("hands_clean")
    model.press("Enter")
    expect(page.locator("#live-figures")).to_contain_text("hands_clean")
    expect(page.locator("#parameter-model-reason")).to_be_empty()
    assert robot.set_parameter("model", "hands_fast").successful
    page.get_by_label("lazy").focus()
    expect(model).to_have_value("hands_fast")  # as another program changed it


@wants_chromium
def test_what_is_set_at_start_cannot_be_changed(page: Page) -> None:
    expect(page.get_by_label("autostart")).to_be_disabled()
    expect(page.locator("#parameter-autostart-about")).to_contain_text("when the node starts")


def test_values_of_another_type_and_unknown_names_are_told(service: Service) -> None:
    for name, value, status, words in (
        ("threads", "two", 422, "of type int"),
        ("threads", 0, 409, "Max: 64"),
        ("autostart", False, 409, "read-only"),
        ("no_such", 1, 404, "no parameter"),
    ):
        answer = service.client.post("/live/parameters", json={"name": name, "value": value})
        assert (answer.status_code, answer.json()["status"]) == (status, status), name
        assert words in answer.json()["reason"], name


def test_pages_of_other_sites_change_nothing(service: Service) -> None:
    change = {"name": "track", "value": False}
    headers = {"Origin": "https://elsewhere.example"}
    answer = service.client.post("/live/parameters", json=change, headers=headers)
    assert answer.status_code == 403


def test_viewers_get_the_newest_and_share_one_subscription(service: Service, robot: Robot) -> None:
    topic = f"{NODE}/overlay/compressed"

    def view(_: int) -> list[int]:
        numbers = [0]
        for _ in range(5):
            answer = service.client.get("/live/overlay", params={"after": numbers[-1]})
            assert answer.content.startswith(b"\xff\xd8")
            numbers.append(int(answer.headers["X-Number"]))
        return numbers

    def subscriptions() -> int:
        return int(robot.node.count_subscribers(topic))

    assert robot.wait_for(lambda: (view(0), subscriptions() == 1)[1])
    with ThreadPoolExecutor(10) as pool:
        viewers = [pool.submit(view, number) for number in range(10)]
        for viewer in viewers:
            numbers = viewer.result()
            assert numbers == sorted(set(numbers))
        assert subscriptions() == 1
    # Nobody looks any more.
    assert robot.wait_for(lambda: subscriptions() == 0)


def test_a_node_that_is_not_there_is_told() -> None:
    with a_service("--model", "hands_fast", "--node", "/nobody") as running:
        state = running.client.get("/live/state").json()
        assert state["level"] == "missing"
        assert "no node /nobody is seen: start it" in state["message"]
        assert running.client.get("/live/overlay").status_code == 204
        answer = running.client.get("/live/parameters")
        assert answer.status_code == 503
        assert "/nobody" in answer.json()["reason"]


@wants_chromium
def test_a_node_that_falls_silent_and_one_that_comes_back_are_told(browser: Browser) -> None:
    with (
        a_service("--model", "hands_fast", "--node", "/other") as running,
        a_page(browser, running.url) as page,
    ):
        level, message = page.locator("#live-level"), page.locator("#live-message")
        with start_other() as node:
            expect(message).to_contain_text("no image on")
            node.signal(signal.SIGSTOP)
            expect(message).to_contain_text("the node has told nothing for")
            node.signal(signal.SIGCONT)
            expect(message).to_contain_text("no image on")
        expect(level).to_have_text("Not there:")
        with start_other():
            expect(message).to_contain_text("no image on")


def start_other() -> AbstractContextManager[RunningProcess]:
    """Start a node by another name, without a camera."""
    return start_node("model:=hands_fast", remappings=("__node:=other", "image:=no_camera"))


def test_a_name_that_no_node_can_have_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "handseg_ros.cli.main", "serve", "--node", "two words"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "'two words' is no name of a node" in done.stderr
    assert "ros2 node list" in done.stderr


def test_what_of_ros_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "handseg_ros.web.ros.node_client", raising=False)
    monkeypatch.setitem(sys.modules, "rclpy", None)
    assert main(["serve", "--port", "0", "--node", "/hand_segmentation"]) == 1
    assert "--node needs ROS 2, of which 'rclpy' is not found" in capsys.readouterr().err
