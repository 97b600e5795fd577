"""`make demo`: hands found in real pictures by the real node, shown as video, sheet and table."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from tqdm import tqdm

from handseg_ros.demo.inputs import DemoInput, DemoSource, choose_input
from handseg_ros.demo.output_files import OverlayRecorder
from handseg_ros.demo.recorder import DemoNode, Recording
from handseg_ros.media.overwriting import check_targets
from handseg_ros.nodes.child_process import node_process
from handseg_ros.nodes.own_domain import claim_domain
from handseg_ros.segmentation.errors import HandsegError

# The last answers may still be under way when the source has ended.
_LAST_ANSWERS = 5.0
# Long enough for a slow machine to load a network and for ROS nodes to find each other.
_FIRST_ANSWER = 60.0
_NODE_LOG = "hand_segmentation_node.log"
_SOURCE_LOG = "image_source_node.log"


class DemoError(HandsegError):
    """The demo's nodes did not do their work."""


@dataclass(frozen=True)
class _Options:
    own: str
    pictures: Path | None
    clip: Path | None
    out: Path
    model: str


def main() -> int:
    """Run the demo; returns 0 only if hands came out."""
    options = _parse()
    try:
        # Only this machine, and a domain of its own, so that no other node's images come in.
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        os.environ["ROS_DOMAIN_ID"] = str(claim_domain())
        chosen = choose_input(options.own, options.pictures, options.clip)
        video, sheet = options.out / "overlay.mp4", options.out / "contact_sheet.png"
        check_targets((video, sheet), (Path(source.source) for source in chosen.sources))
        with OverlayRecorder(video, sheet) as overlays:
            recording = _record(chosen, options, overlays)
        _report(recording, chosen, overlays)
    except HandsegError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def _parse() -> _Options:
    parser = argparse.ArgumentParser(prog="handseg_ros.demo", description=__doc__)
    parser.add_argument("--input", default="", help="a video, a folder or a camera's number")
    parser.add_argument("--pictures", type=Path, help="the unpacked npm package fingerpose")
    parser.add_argument("--clip", type=Path, help="video to show where nothing else is there")
    parser.add_argument("--output", type=Path, default=Path("build/demo"))
    parser.add_argument("--model", default="hands", help="a model's name or path")
    given = parser.parse_args()
    return _Options(given.input, given.pictures, given.clip, given.output, given.model)


def _record(chosen: DemoInput, options: _Options, overlays: OverlayRecorder) -> Recording:
    options.out.mkdir(parents=True, exist_ok=True)
    # A log each: what one process says last must not hide why the other ended.
    log, source_log = (options.out / name for name in (_NODE_LOG, _SOURCE_LOG))
    for file in (log, source_log):
        file.write_bytes(b"")
    rclpy.init()
    recorder = DemoNode(overlays.add)
    executor = SingleThreadedExecutor()
    executor.add_node(recorder)
    try:
        with node_process("hand_segmentation_node", {"model": options.model}, log) as node:
            for source in chosen.sources:
                _play(source, node, executor, recorder.recording, source_log)
    finally:
        executor.shutdown()
        recorder.destroy_node()
        rclpy.try_shutdown()
    return recorder.recording


def _play(
    played: DemoSource,
    node: subprocess.Popen[bytes],
    executor: SingleThreadedExecutor,
    recording: Recording,
    source_log: Path,
) -> None:
    parameters: dict[str, str | float | bool] = {
        "source": played.source,
        "rate": played.rate,
        # The node and the recorder: no frame is sent before both are there.
        "wait_for_subscribers": 2,
    }
    before = len(recording.answered)
    began = time.monotonic()
    ends = began + played.seconds if played.seconds else float("inf")
    with (
        node_process("image_source_node", parameters, source_log) as source,
        tqdm(total=played.length, desc=Path(played.source).name, unit="frame") as bar,
    ):
        while source.poll() is None and time.monotonic() < ends:
            if node.poll() is not None:
                log = source_log.with_name(_NODE_LOG)
                raise DemoError(f"the node ended by itself: {_last_line(log)}; see {log}")
            executor.spin_once(timeout_sec=0.05)
            bar.update(len(recording.answered) - before - bar.n)
            if len(recording.answered) == before and time.monotonic() - began > _FIRST_ANSWER:
                raise DemoError(
                    "no answer came in a minute: check that this machine's loopback network lets "
                    f"ROS nodes find each other, and see {source_log.parent} for their logs"
                )
        _wait_for_last_answers(executor, recording)
        bar.update(len(recording.answered) - before - bar.n)
    if source.returncode:
        raise DemoError(f"the image source failed: {_last_line(source_log)}; see {source_log}")


def _wait_for_last_answers(executor: SingleThreadedExecutor, recording: Recording) -> None:
    deadline = time.monotonic() + _LAST_ANSWERS
    while not recording.is_complete and time.monotonic() < deadline:
        executor.spin_once(timeout_sec=0.05)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _report(recording: Recording, chosen: DemoInput, overlays: OverlayRecorder) -> None:
    if not overlays.length:
        log = overlays.video.with_name(_NODE_LOG)
        raise DemoError(f"no image of {chosen.name} was answered: see {log} for the cause")
    _print_table(recording, chosen, overlays)
    if not recording.hands:
        raise DemoError(f"no hand was found in {chosen.name}: look at {overlays.sheet}")


def _print_table(recording: Recording, chosen: DemoInput, overlays: OverlayRecorder) -> None:
    median, late = 1e3 * np.percentile(recording.latencies, [50, 95])
    unanswered = len(recording.images - recording.answered)
    rows = {
        "input": chosen.name,
        "frames in": len(recording.images),
        "frames out": len(recording.answered),
        "dropped": unanswered,
        "hands found": recording.hands,
        "latency, median": f"{median:.1f} ms from grabbing to the hands' arrival",
        "latency, 95th percentile": f"{late:.1f} ms",
        "model": recording.diagnostics.get("model", "unknown"),
        "provider": recording.diagnostics.get("provider", "unknown"),
        "overlay video": overlays.video,
        "contact sheet": overlays.sheet,
    }
    width = max(map(len, rows))
    print("\n" + "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items()))


if __name__ == "__main__":
    sys.exit(main())
