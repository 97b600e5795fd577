"""Guards the node's life: cables pulled, listeners gone, transitions, QoS at odds, clean ends."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from rclpy.qos import ReliabilityPolicy
from support.camera_images import image_message
from support.node import start_node
from support.robot import Robot

EMPTY = np.zeros((120, 160, 3), np.uint8)


def _send(robot: Robot) -> None:
    robot.send_and_wait(image_message(EMPTY, "bgr8"), "hands")


def _streams_until(robot: Robot, level: bytes) -> bool:
    """Send images at some 50 a second until a status of this level comes."""

    def sent_and_seen() -> bool:
        robot.send(image_message(EMPTY, "bgr8"))
        return any(status.level == level for status in robot.statuses)

    robot.statuses.clear()
    return robot.wait_for(sent_and_seen)


def test_a_pulled_cable_is_stale_until_the_camera_is_back(robot: Robot) -> None:
    with start_node("stale_timeout:=0.5"):
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        assert _streams_until(robot, DiagnosticStatus.OK)
        robot.close_camera()
        assert robot.wait_for_status(lambda status: status.level == DiagnosticStatus.STALE)
        assert "/image" in robot.status_text()
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        assert _streams_until(robot, DiagnosticStatus.OK)
        _send(robot)


def test_the_camera_is_left_alone_while_nobody_listens(robot: Robot) -> None:
    with start_node() as process:
        robot.open_camera()
        assert robot.wait_for_status(lambda status: "nobody listens" in status.message)
        assert robot.watchers == 0
        listener = robot.node.create_subscription(
            robot.output_type("mask"), robot.output_name("mask"), lambda message: None, 1
        )
        assert robot.wait_for(lambda: robot.watchers == 1)
        robot.node.destroy_subscription(listener)
        assert robot.wait_for(lambda: robot.watchers == 0)
        assert "nobody listens" in process.output()


def test_lazy_off_keeps_the_camera(robot: Robot) -> None:
    with start_node("lazy:=false"):
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers == 1)
        robot.send(image_message(EMPTY, "bgr8"))
        assert robot.wait_for_figure("frames_answered", 1)


def test_auto_reliability_follows_the_publisher(robot: Robot) -> None:
    with start_node() as process:
        robot.listen("hands")
        robot.open_camera(reliability=ReliabilityPolicy.BEST_EFFORT)
        assert robot.wait_for(lambda: robot.watchers)
        _send(robot)
        robot.close_camera()
        robot.open_camera(reliability=ReliabilityPolicy.RELIABLE)
        assert robot.wait_for(lambda: "reliable (following" in process.output())
        # The one before is a watcher too, and takes what is sent to it along when it goes.
        listening = robot.node.get_subscriptions_info_by_topic
        assert robot.wait_for(
            lambda: (
                [each.qos_profile.reliability for each in listening("/image")]
                == [ReliabilityPolicy.RELIABLE]
            )
        )
        assert robot.wait_for(lambda: robot.watchers == 1)
        _send(robot)


def test_reliability_at_odds_is_told_with_its_way_out(robot: Robot) -> None:
    with start_node("input_reliability:=reliable") as process:
        robot.listen("hands")
        robot.open_camera(reliability=ReliabilityPolicy.BEST_EFFORT)
        assert robot.wait_for(lambda: "set input_reliability to" in process.output())
        assert robot.set_parameter("input_reliability", "auto").successful
        assert robot.wait_for(lambda: robot.watchers)
        _send(robot)


def test_a_lifecycle_manager_leads_a_node_without_autostart(robot: Robot) -> None:
    with start_node("autostart:=false"):
        robot.listen("hands")
        robot.open_camera()
        assert robot.state() == "unconfigured"
        assert robot.change_state(Transition.TRANSITION_CONFIGURE)
        assert robot.state() == "inactive"
        assert robot.watchers == 0
        for _ in range(2):
            assert robot.change_state(Transition.TRANSITION_ACTIVATE)
            assert robot.wait_for(lambda: robot.watchers == 1)
            _send(robot)
            assert robot.change_state(Transition.TRANSITION_DEACTIVATE)
            assert robot.wait_for(lambda: robot.watchers == 0)
        assert robot.change_state(Transition.TRANSITION_CLEANUP)
        assert robot.state() == "unconfigured"


def test_a_failed_configuration_can_be_tried_again(robot: Robot) -> None:
    with start_node("autostart:=false", "model:=no_such_model"):
        assert not robot.change_state(Transition.TRANSITION_CONFIGURE)
        assert robot.state() == "unconfigured"
        assert robot.set_parameter("model", "hands").successful
        assert robot.change_state(Transition.TRANSITION_CONFIGURE)
        assert robot.state() == "inactive"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_node_cleanly_in_mid_stream(robot: Robot, number: signal.Signals) -> None:
    with start_node() as process:
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        for _ in range(5):
            robot.send(image_message(EMPTY, "bgr8"))
        assert process.stop(number) == 0
        assert "Traceback" not in process.output()


def test_the_newest_frame_is_answered_after_a_burst(robot: Robot) -> None:
    with start_node():
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers)
        stamps = [robot.send(image_message(EMPTY, "bgr8")) for _ in range(60)]
        assert robot.wait_for(lambda: robot.answer("hands", stamps[-1]))
        figures = robot.figures()
    answered, replaced = int(figures["frames_answered"]), int(figures["frames_dropped_for_newer"])
    assert answered + replaced == int(figures["frames_received"]) <= 60
    assert len(robot.answers["hands"]) == answered
