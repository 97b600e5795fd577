"""grasp_filter: passes grasp candidates on that keep clear of hands, and refuses all others.

usage: python3 grasp_filter.py [--ros-args -p clearance:=0.1 -p max_age:=0.5 -r candidates:=/grasps]

Listens to `candidates` (geometry_msgs/PoseArray in the camera's optical frame), `camera_info`, and
`hand_segmentation/hands` and `hand_segmentation/keep_out` of a node that runs with depth:=true.
Publishes `~/safe`, the candidates that may be grasped, and on /diagnostics why others may not.
What is not known counts as not safe. Only the grasp's own point is looked at, not the arm's way to
it; and it is an aid to planning, no safety device: a hand that is not found is not kept clear of.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseArray
from handseg_ros.msg import HandInstance, HandInstances
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from handseg_ros import CalibrationError
from handseg_ros.depth.camera import Camera
from handseg_ros.nodes import parameters
from handseg_ros.nodes.input.adaptive_subscription import (
    AUTO,
    AdaptiveSubscription,
    SubscriptionOptions,
)
from handseg_ros.nodes.parameters import ParameterSpec
from handseg_ros.nodes.process import run_node
from handseg_ros.nodes.program_arguments import answer_arguments

SPECS = (
    ParameterSpec(
        "clearance",
        0.1,
        "Metres that candidates keep from what is seen of a hand, which is less than all of it",
        minimum=0.0,
        maximum=10.0,
        unit="metres",
    ),
    ParameterSpec(
        "max_age",
        0.5,
        "Seconds after which what is known of hands is too old",
        minimum=0.0,
        maximum=3600.0,
        unit="seconds",
    ),
)
SAFE = ""
OUT_OF_VIEW = "where the camera does not look"
KEEP_OUT = "in the keep-out around a hand"
TOO_NEAR = "too near a hand"


@dataclass(frozen=True)
class View:
    """What is known of the hands in one image.

    `keep_out` is uint8 (height, width), not 0 near hands; `taken` is when the image was taken, in
    seconds of the steady clock.
    """

    hands: HandInstances
    keep_out: np.ndarray
    camera: Camera
    taken: float


def distance_to(hand: HandInstance, point: np.ndarray) -> float:
    """Return metres from a point to the box around what the camera sees of a hand.

    The back of a hand is hidden: the clearance asked for must be more than a hand is thick.
    """
    centre = np.array([hand.position.x, hand.position.y, hand.position.z])
    half = np.array([hand.extent.x, hand.extent.y, hand.extent.z]) / 2
    return float(np.linalg.norm(np.maximum(np.abs(point - centre) - half, 0.0)))


def reason_against(point: np.ndarray, view: View, clearance: float) -> str:
    """Return why nothing may be grasped at a point (metres, optical frame), `SAFE` if it may."""
    column, row = view.camera.project(point)
    height, width = view.keep_out.shape
    # Also false for NaN, which is what a point behind the camera has.
    if not (-0.5 <= column < width - 0.5 and -0.5 <= row < height - 0.5):
        return OUT_OF_VIEW
    # Before or behind a hand is refused too: the gripper comes along that line more often than not.
    if view.keep_out[round(row), round(column)]:
        return KEEP_OUT
    # A hand that could not be measured is in the keep-out all the same, by pixels.
    measured = [hand for hand in view.hands.hands if hand.position_valid]
    if any(distance_to(hand, point) < clearance for hand in measured):
        return TOO_NEAR
    return SAFE


class GraspFilter(Node):
    """Answers every PoseArray of candidates with one of those that are safe, empty if none is."""

    def __init__(self) -> None:
        super().__init__("grasp_filter")
        parameters.declare(self, SPECS)
        self._camera: Camera | None = None
        self._hands: HandInstances | None = None
        self._taken = 0.0
        self._keep_out: Image | None = None
        self._view: View | None = None
        self._safe = self.create_publisher(PoseArray, "~/safe", 10)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # Drivers publish camera_info reliably or not, and some only once, at their start.
        self._camera_info = AdaptiveSubscription(self, self._take_camera_info)
        name = self.resolve_topic_name("camera_info")
        self._camera_info_choice = SubscriptionOptions(CameraInfo, name, 1, AUTO)
        self.create_timer(0.1, self._follow, clock=Clock(clock_type=ClockType.STEADY_TIME))
        node = "hand_segmentation"
        self.create_subscription(HandInstances, f"{node}/hands", self._take_hands, 10)
        self.create_subscription(Image, f"{node}/keep_out", self._take_keep_out, 10)
        self.create_subscription(PoseArray, "candidates", self._answer, 10)

    def _follow(self) -> None:
        self._camera_info.open(self._camera_info_choice)

    def _take_camera_info(self, message: CameraInfo) -> None:
        try:
            self._camera = Camera.of(
                message.width, message.height, message.k, message.d, message.distortion_model
            )
        except CalibrationError as error:
            self._camera = None
            self.get_logger().error(str(error), throttle_duration_sec=5.0)

    def _take_hands(self, message: HandInstances) -> None:
        age = message.input_age
        # The age is by the other node's clock, and from here on by ours: no two clocks must agree.
        taken = time.monotonic() - (age.sec + age.nanosec * 1e-9)
        if self._hands and message.sequence == self._hands.sequence:
            # The last known hands once more: that must not make them look younger.
            taken = min(taken, self._taken)
        self._hands, self._taken = message, taken
        self._match()

    def _take_keep_out(self, message: Image) -> None:
        self._keep_out = message
        self._match()

    def _match(self) -> None:
        """Keep hands and keep-out together once both are of one image: one always comes first."""
        hands, mask, camera = self._hands, self._keep_out, self._camera
        if hands and mask and camera and hands.header == mask.header:
            rows = np.frombuffer(mask.data, np.uint8).reshape(mask.height, mask.step)
            self._view = View(hands, rows[:, : mask.width], camera, self._taken)

    def _answer(self, candidates: PoseArray) -> None:
        view = self._view
        settings = parameters.values(self, SPECS)
        clearance = settings["clearance"]
        doubt = self._doubt(candidates, view, settings["max_age"])
        if view is None or doubt:
            reasons = [doubt] * len(candidates.poses)
        else:
            places = [pose.position for pose in candidates.poses]
            points = [np.array([place.x, place.y, place.z]) for place in places]
            reasons = [reason_against(point, view, clearance) for point in points]
        answers = zip(candidates.poses, reasons, strict=True)
        safe = [pose for pose, reason in answers if reason == SAFE]
        self._safe.publish(PoseArray(header=candidates.header, poses=safe))
        self._tell(doubt, reasons)

    def _doubt(self, candidates: PoseArray, view: View | None, max_age: float) -> str:
        """Return why nothing can be said of any candidate, empty when something can."""
        if view is None:
            return "hands, keep_out and camera_info have not come yet"
        ours, theirs = view.hands.header.frame_id, candidates.header.frame_id
        if ours != theirs:
            return f"candidates are in '{theirs}', hands in '{ours}': transform them with tf2"
        if view.camera.size != view.keep_out.shape:
            return "camera_info is for images of another size"
        if view.hands.input_age.sec < 0:
            return "the camera's clock is ahead, so nobody knows how old the hands are"
        if time.monotonic() - view.taken > max_age:
            return f"what is known of hands is older than {max_age:g} s"
        return ""

    def _tell(self, doubt: str, reasons: Sequence[str]) -> None:
        counts = Counter(reasons)
        safe = counts.pop(SAFE, 0)
        if doubt:
            self.get_logger().warning(f"all refused: {doubt}", throttle_duration_sec=5.0)
        status = DiagnosticStatus(
            level=DiagnosticStatus.WARN if doubt else DiagnosticStatus.OK,
            name="grasp_filter: candidates",
            message=doubt or f"{safe} of {len(reasons)} candidates are safe",
            values=[KeyValue(key=reason, value=str(count)) for reason, count in counts.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)


if __name__ == "__main__":
    words = "Passes grasp candidates on that keep clear of hands, and refuses all others."
    answer_arguments("grasp_filter.py", words, lambda: SPECS, sys.argv[1:])
    sys.exit(run_node(GraspFilter))
