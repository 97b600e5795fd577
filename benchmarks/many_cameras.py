"""`make bench-cameras`: one node for several cameras beside as many nodes with one each.

This process is all cameras and the robot that listens to their hands; the nodes are processes of
their own. The table goes to the terminal: docs/cameras.md has one. Figures of one run belong
together: compare no others.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.nodes.own_domain import claim_domain

# Set before ROS starts: only this machine, and a domain of the benchmark's own.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(claim_domain())
os.environ["FASTDDS_DEFAULT_PROFILES_FILE"] = str(
    Path(__file__).resolve().parents[1] / "config" / "fastdds.xml"
)

import rclpy
from handseg_ros.msg import HandInstances
from process_usage import Usage
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from scenes import picture_with
from sensor_msgs.msg import Image

from handseg_ros.image_messages.encode import fill_image
from handseg_ros.nodes.child_process import node_process

NODE = "hand_segmentation"
WIDTH, HEIGHT, HANDS = 640, 480, 2
PATIENCE = 120.0
SETTLING = 3.0


@dataclass(frozen=True)
class Outcome:
    """What was measured: answers a second of each camera, processor and memory of all nodes."""

    rates: tuple[float, ...]
    cpu_per_answer: float
    memory: float

    def row(self, cameras: int, nodes: int) -> str:
        """Return a row of the table: milliseconds, MiB."""
        slowest, quickest = min(self.rates), max(self.rates)
        return (
            f"| {cameras} | {nodes} | {sum(self.rates):.1f} | {slowest:.2f} to {quickest:.2f} "
            f"| {1e3 * self.cpu_per_answer:.1f} | {self.memory:.0f} |"
        )


class Cameras:
    """Publishes one picture for every camera at a rate, and counts the answers by camera."""

    def __init__(self, hands_topics: dict[str, str]) -> None:
        self.node = rclpy.create_node("bench_cameras")
        self.counts: Counter[str] = Counter()
        self._message = Image()
        fill_image(self._message, picture_with(HANDS, WIDTH, HEIGHT), "bgr8")
        self._publishers = []
        for camera, topic in hands_topics.items():
            profile = QoSProfile(depth=1)
            self._publishers.append(self.node.create_publisher(Image, f"/{camera}/image", profile))
            self.node.create_subscription(HandInstances, topic, self._counting(camera), 10)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)

    def _counting(self, camera: str) -> Callable[[HandInstances], None]:
        def count(message: HandInstances) -> None:
            self.counts[camera] += 1

        return count

    def run(self, seconds: float, rate: float) -> None:
        """Publish for so long at so many images a second of each camera."""
        end, due = time.monotonic() + seconds, time.monotonic()
        while (now := time.monotonic()) < end:
            if now >= due:
                self._message.header.stamp = self.node.get_clock().now().to_msg()
                for publisher in self._publishers:
                    publisher.publish(self._message)
                due = max(due + 1.0 / rate, now)
            self._executor.spin_once(timeout_sec=max(0.0, min(due, end) - time.monotonic()))

    def wait_for_answers(self, rate: float) -> None:
        """Publish until each camera was answered; raises SystemExit when one is not."""
        deadline = time.monotonic() + PATIENCE
        while len(self.counts) < len(self._publishers):
            if time.monotonic() > deadline:
                raise SystemExit("bench: not every camera was answered; run the node by hand")
            self.run(0.2, rate)


@contextmanager
def started(cameras: Sequence[str], is_shared: bool, folder: Path) -> Iterator[list[int]]:
    """Start one node for all cameras, or one for each; yields the process ids."""
    log = folder / "nodes.log"
    with ExitStack() as stack:
        if is_shared:
            parameters = {"cameras": ",".join(cameras)}
            processes = [
                stack.enter_context(node_process("hand_segmentation_node", parameters, log))
            ]
        else:
            processes = [
                stack.enter_context(
                    node_process("hand_segmentation_node", {}, log, {"__ns": f"/{camera}"})
                )
                for camera in cameras
            ]
        yield [process.pid for process in processes]


def measure(count: int, is_shared: bool, seconds: float, rate: float) -> Outcome:
    """Run so many cameras and measure."""
    names = [f"camera_{number}" for number in range(count)]
    topics = {
        name: f"/{NODE}/{name}/hands" if is_shared else f"/{name}/{NODE}/hands" for name in names
    }
    with tempfile.TemporaryDirectory() as folder, started(names, is_shared, Path(folder)) as nodes:
        cameras = Cameras(topics)
        cameras.wait_for_answers(rate)
        cameras.run(SETTLING, rate)
        cameras.counts.clear()
        before = [Usage.of(each) for each in nodes]
        cameras.run(seconds, rate)
        after = [Usage.of(each) for each in nodes]
        counts = [cameras.counts[name] for name in names]
        cameras.node.destroy_node()
    spent = sum(late.cpu - early.cpu for early, late in zip(before, after, strict=True))
    return Outcome(
        rates=tuple(each / seconds for each in counts),
        cpu_per_answer=spent / max(1, sum(counts)),
        memory=sum(each.memory for each in after),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each is measured")
    parser.add_argument("--rate", type=float, default=30.0, help="images a second of each camera")
    arguments = parser.parse_args()
    rclpy.init()
    print("| cameras | nodes | answers a second | of a camera | processor an answer, ms | MiB |")
    print("|---|---|---|---|---|---|")
    for count in arguments.cameras:
        for is_shared in (True, False):
            outcome = measure(count, is_shared, arguments.seconds, arguments.rate)
            print(outcome.row(count, 1 if is_shared else count), flush=True)
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
