"""`make bench-camera`: camera and network in one process beside two with middleware between.

A video of one picture is played at a rate to a robot that listens to hands, mask and instances. The
table goes to the terminal: docs/performance.md has one. Figures of one run belong together.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
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

import numpy as np
from process_usage import Usage
from scenes import picture_with
from streams import ROBOT, script_process, wait_for_line

from handseg_ros.media import VideoSink
from handseg_ros.nodes.child_process import end_process, node_process

NODE = "hand_segmentation"
SIZES = ((640, 480), (1280, 720), (1920, 1080))
ONE, TWO = "one process", "two processes"
FRAMES = 30
SETTLING, DRAINING = 3.0, 1.0


@dataclass(frozen=True)
class Outcome:
    """Stamp to mask, median and 95th percentile, ms; processor of all nodes a frame, ms; MiB."""

    median: float
    late: float
    cpu: float
    memory: float


@contextmanager
def started(way: str, clip: Path, rate: float) -> Iterator[list[int]]:
    """Start camera and network one way; yields the process ids."""
    source: dict[str, str | float | bool] = {"source": str(clip), "rate": rate, "loop": True}
    log = clip.parent / "nodes.log"
    with ExitStack() as stack:
        if way == ONE:
            name = {"__node": NODE}
            processes = [stack.enter_context(node_process("hand_camera_node", source, log, name))]
        else:
            waiting = {**source, "wait_for_subscribers": 1}
            processes = [
                stack.enter_context(node_process("hand_segmentation_node", {}, log)),
                stack.enter_context(node_process("image_source_node", waiting, log)),
            ]
        yield [process.pid for process in processes]


def measure(way: str, clip: Path, rate: float, seconds: float) -> Outcome:
    """Run one way and measure."""
    found = clip.parent / "found.json"
    with (
        started(way, clip, rate) as nodes,
        script_process("listener.py", str(found), *ROBOT) as listener,
    ):
        wait_for_line(listener)
        time.sleep(SETTLING)
        before, began = [Usage.of(each) for each in nodes], time.time_ns()
        time.sleep(seconds)
        after, ended = [Usage.of(each) for each in nodes], time.time_ns()
        time.sleep(DRAINING)
        end_process(listener)
    arrivals = json.loads(found.read_text())["arrivals"]["mask"]
    taken = [1e-6 * (when - stamp) for stamp, when in arrivals if began <= when < ended]
    if not taken:
        raise SystemExit("bench: nothing was answered; run the node by hand to see why")
    spent = sum(late.cpu - early.cpu for early, late in zip(before, after, strict=True))
    median, late = np.percentile(taken, (50, 95))
    return Outcome(
        float(median), float(late), 1e3 * spent / len(taken), sum(each.memory for each in after)
    )


def main() -> None:
    """Print the table: the median of the rounds, both ways in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each is measured")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=15.0, help="images a second")
    arguments = parser.parse_args()
    print("| image | way | stamp to mask, ms | 95 % below | processor a frame, ms | MiB |")
    print("|---|---|---|---|---|---|")
    for width, height in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder, "clip.avi")
            with VideoSink(clip, arguments.rate) as sink:
                for _ in range(FRAMES):
                    sink.write(picture_with(2, width, height))
            rounds: dict[str, list[Outcome]] = {ONE: [], TWO: []}
            for _ in range(arguments.rounds):
                for way, outcomes in rounds.items():
                    outcomes.append(measure(way, clip, arguments.rate, arguments.seconds))
        for way, outcomes in rounds.items():
            fields = ("median", "late", "cpu", "memory")
            values = (np.median([getattr(each, field) for each in outcomes]) for field in fields)
            cells = " | ".join(f"{value:.1f}" for value in values)
            print(f"| {width}x{height} | {way} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
