"""`make bench-node`: what the node costs beside its network, and how many frames it answers.

Every figure is from the real node in its own process, fed over DDS from this one, on a picture with
two hands. `inference` and the overheads are medians that the node reports itself, at 20 images a
second: overhead is the time from an image's arrival to the last of its outputs published, less the
inference, first with hands and mask listened to, as a robot does, then with instances and overlay
too. `rate` is what it answers of 60 images a second, with hands and mask listened to.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Set before ROS starts: only this machine, and a domain of the benchmark's own.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)

import cv2
import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from handseg_ros.msg import HandInstances
from rclpy.node import Node
from sensor_msgs.msg import Image
from tqdm import tqdm

from handseg_ros.evaluation.pictures import read_picture
from handseg_ros.image_messages.encode import fill_image
from handseg_ros.nodes.child_process import node_process

SEGMENTATION_NODE = "/hand_segmentation"
PICTURE = Path(__file__).resolve().parents[1] / "assets" / "rendered_hands.png"
SIZES = ((640, 480), (1280, 720))
THREADS = (1, 2)
PACED_RATE = 20.0
FAST_RATE = 60.0
SETTLING = 2.0
# Longer than the node's statistics look back, so that they hold nothing of the settling.
SECONDS = 6.0
ROBOT_OUTPUTS = (("hands", HandInstances), ("mask", Image))
ALL_OUTPUTS = (*ROBOT_OUTPUTS, ("instances", Image), ("overlay", Image))
PATIENCE = 30.0


@dataclass(frozen=True)
class Run:
    """One row: an image size in pixels and the node's CPU threads."""

    width: int
    height: int
    threads: int


class Camera(Node):
    """Publishes one picture again and again, and keeps what the node's diagnostics say."""

    def __init__(self, picture: np.ndarray, outputs: tuple[tuple[str, type], ...]) -> None:
        super().__init__("bench")
        self._publisher = self.create_publisher(Image, "image", 1)
        self._message = Image()
        fill_image(self._message, picture, "bgr8")
        self.values: dict[str, str] = {}
        self.create_subscription(DiagnosticArray, "/diagnostics", self._keep, 10)
        for name, kind in outputs:
            self.create_subscription(kind, f"{SEGMENTATION_NODE}/{name}", lambda message: None, 10)

    def wait_until_heard(self) -> None:
        """Wait until the node listens; raises SystemExit when it does not."""
        deadline = time.monotonic() + PATIENCE
        while not self._publisher.get_subscription_count():
            if time.monotonic() > deadline:
                raise SystemExit("bench-node: the node does not listen to the images")
            rclpy.spin_once(self, timeout_sec=0.05)

    def stream(self, rate: float, seconds: float) -> None:
        """Publish at a rate, in hertz, for so long."""
        ends = time.monotonic() + seconds
        due = time.monotonic()
        while time.monotonic() < ends:
            self._message.header.stamp = self.get_clock().now().to_msg()
            self._publisher.publish(self._message)
            due += 1.0 / rate
            while (left := due - time.monotonic()) > 0:
                rclpy.spin_once(self, timeout_sec=left)

    def _keep(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if SEGMENTATION_NODE in status.name:
                self.values = {pair.key: pair.value for pair in status.values}


@contextmanager
def measured(run: Run, outputs: tuple[tuple[str, type], ...]) -> Iterator[Camera]:
    """Yield a camera beside a node that has answered its images for a while."""
    picture = cv2.resize(read_picture(PICTURE), (run.width, run.height))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "node.log"
        parameters: dict[str, str | float | bool] = {"threads": run.threads}
        with node_process("hand_segmentation_node", parameters, log):
            camera = Camera(picture, outputs)
            try:
                camera.wait_until_heard()
                camera.stream(PACED_RATE, SETTLING)
                yield camera
            finally:
                camera.destroy_node()


def measure(run: Run, bar: tqdm) -> str:
    """Return one row of the table."""
    with measured(run, ROBOT_OUTPUTS) as camera:
        camera.stream(PACED_RATE, SECONDS)
        robot = camera.values
        camera.stream(FAST_RATE, SECONDS)
        rate = float(camera.values["rate_hz"])
    bar.update()
    with measured(run, ALL_OUTPUTS) as camera:
        camera.stream(PACED_RATE, SECONDS)
        everything = camera.values
    bar.update()
    inference = float(robot["inference_median_ms"])
    overhead, all_overhead = (float(values["overhead_median_ms"]) for values in (robot, everything))
    return (
        f"| {run.width}x{run.height} | {run.threads} | {inference:.1f} ms | {overhead:.1f} ms | "
        f"{all_overhead:.1f} ms | {overhead / inference:.2f} | {rate:.0f} Hz |"
    )


def main() -> int:
    """Print the table; returns 0."""
    runs = [Run(width, height, threads) for width, height in SIZES for threads in THREADS]
    rclpy.init()
    with tqdm(total=2 * len(runs), desc="bench-node", unit="run") as bar:
        rows = [measure(run, bar) for run in runs]
    rclpy.try_shutdown()
    print(
        "| image | threads | inference | overhead | overhead, all outputs | overhead / inference "
        "| rate of 60 Hz |\n|---|---|---|---|---|---|---|"
    )
    print("\n".join(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
