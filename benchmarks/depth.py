"""`make bench-depth`: what depth adds to the node's time for a frame, at 640x480 with two hands.

The real node in a process of its own is fed over DDS at 20 images a second, in turns: without
depth, with positions, and with all outputs in metres. Overhead is what the node reports itself, the
time from an image's arrival to the last of its outputs published, less the inference; depth is sent
before its image, so no waiting is in it. Processor time is that of the whole node by the kernel's
count, reception of depth included; on a busy machine it tells more.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path

# Set before ROS starts: only this machine, and a domain of the benchmark's own.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)

import cv2
import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from handseg_ros.msg import HandInstances
from process_usage import Usage
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from tqdm import tqdm
from visualization_msgs.msg import MarkerArray

from handseg_ros.evaluation.pictures import read_picture
from handseg_ros.image_messages.encode import fill_image
from handseg_ros.nodes.child_process import node_process
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.segmenter import Segmenter

SEGMENTATION_NODE = "/hand_segmentation"
PICTURE = Path(__file__).resolve().parents[1] / "assets" / "rendered_hands.png"
WIDTH, HEIGHT = 640, 480
RATE = 20.0
# Longer than the node's statistics look back, and before that as long as a first calibration takes.
SETTLING, SECONDS = 3.0, 6.0
TURNS = 3
PATIENCE = 30.0
MASK = (("hands", HandInstances), ("mask", Image))
METRES = (
    *MASK,
    ("keep_out", Image),
    ("depth_without_hands", Image),
    ("points", PointCloud2),
    ("markers", MarkerArray),
)


@dataclass(frozen=True)
class Costs:
    """Of one frame, in milliseconds: the network's time, all other time, and processor time."""

    inference: float
    overhead: float
    processor: float


@dataclass(frozen=True)
class Setup:
    """One row: its name, whether depth is on, and the outputs that are listened to."""

    name: str
    depth: bool
    outputs: tuple[tuple[str, type], ...]


SETUPS = (
    Setup("hands and mask, no depth", False, MASK),
    Setup("the same with positions", True, MASK),
    Setup("and points, markers, keep-out, depth without hands", True, METRES),
)


class Camera(Node):
    """Publishes one picture with its depth, and keeps what the node's diagnostics say."""

    def __init__(self, setup: Setup, picture: np.ndarray, depth: np.ndarray) -> None:
        super().__init__("bench")
        info = CameraInfo(
            width=WIDTH,
            height=HEIGHT,
            distortion_model="plumb_bob",
            d=[0.1, -0.05, 0.0, 0.0, 0.0],
            k=[554.0, 0.0, WIDTH / 2, 0.0, 554.0, HEIGHT / 2, 0.0, 0.0, 1.0],
        )
        image, depth_image = Image(), Image()
        fill_image(image, picture, "bgr8")
        fill_image(depth_image, depth, "16UC1")
        inputs = (("camera_info", info), ("depth", depth_image), ("image", image))
        self._inputs = [
            (self.create_publisher(type(message), name, 1), message)
            for name, message in (inputs if setup.depth else inputs[-1:])
        ]
        self.values: dict[str, str] = {}
        self.answered = 0
        self.create_subscription(DiagnosticArray, "/diagnostics", self._keep, 10)
        for name, kind in setup.outputs:
            self.create_subscription(kind, f"{SEGMENTATION_NODE}/{name}", self._hear, 10)

    def wait_until_heard(self) -> None:
        """Wait until the node listens; raises SystemExit when it does not."""
        deadline = time.monotonic() + PATIENCE
        while not all(publisher.get_subscription_count() for publisher, _ in self._inputs):
            if time.monotonic() > deadline:
                raise SystemExit("bench-depth: the node does not listen to its inputs")
            rclpy.spin_once(self, timeout_sec=0.05)

    def stream(self, seconds: float) -> None:
        """Publish at `RATE` for so long."""
        ends = due = time.monotonic()
        ends += seconds
        while time.monotonic() < ends:
            stamp = self.get_clock().now().to_msg()
            for publisher, message in self._inputs:
                message.header.stamp = stamp
                publisher.publish(message)
            due += 1.0 / RATE
            while (left := due - time.monotonic()) > 0:
                rclpy.spin_once(self, timeout_sec=left)

    def _hear(self, message: object) -> None:
        self.answered += isinstance(message, HandInstances)

    def _keep(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if SEGMENTATION_NODE in status.name:
                self.values = {pair.key: pair.value for pair in status.values}


def depth_of(segmentation: Segmentation) -> np.ndarray:
    """Return noisy depth, uint16 millimetres: the hands at 0.6 m before a wall at 1.5 m."""
    mask = segmentation.mask() > 0
    noise = np.random.default_rng(0).normal(0.0, 4.0, mask.shape)
    depth: np.ndarray = (np.where(mask, 600.0, 1500.0) + noise).astype(np.uint16)
    return depth


def measure(setup: Setup, picture: np.ndarray, depth: np.ndarray) -> Costs:
    """Return what a frame costs."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "node.log"
        with node_process("hand_segmentation_node", {"depth": setup.depth}, log) as process:
            camera = Camera(setup, picture, depth)
            try:
                camera.wait_until_heard()
                camera.stream(SETTLING)
                before = Usage.of(process.pid), camera.answered
                camera.stream(SECONDS)
                after = Usage.of(process.pid), camera.answered
                values = camera.values
            finally:
                camera.destroy_node()
    return Costs(
        inference=float(values["inference_median_ms"]),
        overhead=float(values["overhead_median_ms"]),
        processor=1e3 * (after[0].cpu - before[0].cpu) / (after[1] - before[1]),
    )


def typical(runs: list[Costs]) -> Costs:
    """Return the medians of several runs."""
    return Costs(*(float(np.median(column)) for column in zip(*map(astuple, runs), strict=True)))


def main() -> int:
    """Print the table; returns 0."""
    picture = cv2.resize(read_picture(PICTURE), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    depth = depth_of(Segmenter.load().segment(picture))
    rclpy.init()
    found: dict[str, list[Costs]] = {setup.name: [] for setup in SETUPS}
    with tqdm(total=TURNS * len(SETUPS), desc="bench-depth", unit="run") as bar:
        for setup in TURNS * SETUPS:
            found[setup.name].append(measure(setup, picture, depth))
            bar.update()
    rclpy.try_shutdown()
    print(
        "| listened to | inference | overhead | processor | more overhead | more processor |\n"
        "|---|---|---|---|---|---|"
    )
    base = typical(found[SETUPS[0].name])
    for name, runs in found.items():
        costs = typical(runs)
        columns = (
            *astuple(costs),
            costs.overhead - base.overhead,
            costs.processor - base.processor,
        )
        print(f"| {name} | " + " | ".join(f"{column:.1f} ms" for column in columns) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
