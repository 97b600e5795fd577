"""A node between camera and robot, each a process of its own: what reaches the robot, and when."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import camera
import numpy as np
from process_usage import Usage
from scenes import depth_of, picture_with

from handseg_ros.nodes.child_process import end_process, node_process

FOLDER = Path(__file__).resolve().parent
PROFILES_FILE = "FASTDDS_DEFAULT_PROFILES_FILE"
REAL, OBVIOUS = "real", "obvious"
ROBOT = ("hands", "mask", "instances")
EVERYTHING = (*ROBOT, "overlay")
METRES = (*ROBOT, "keep_out", "depth_without_hands", "points", "markers")
_SETTLING = 2.0
_PATIENCE = 60.0
# After the camera's end, for answers on their way.
_DRAINING = 1.5
_GRACE = 10.0


@dataclass(frozen=True)
class Setup:
    """One run: the images, the node and who listens.

    `rate` in images a second, `seconds` is how long is measured, `node` is the real one or the
    obvious one, `outputs` are the topics that the robot listens to; with `depth` the camera has it.
    `input_size` is the network's input, width and height, 0 for the model's own.
    """

    width: int = 640
    height: int = 480
    hands: int = 2
    rate: float = 30.0
    transport: str = camera.RAW
    threads: int = 1
    model: str = "hands"
    input_size: tuple[int, int] = (0, 0)
    outputs: tuple[str, ...] = ROBOT
    node: str = REAL
    depth: bool = False
    seconds: float = 6.0


@dataclass(frozen=True)
class Outcome:
    """What was measured; times in milliseconds.

    `rate` answers a second reached the robot; `latency` is from the image's stamp to the arrival
    of the mask at the robot, median and 95th percentile; `cpu` is the node's for each answer and
    `cpu_share` its share of one core; `memory` is resident, MiB; `sent` images left the camera in
    all; `diagnostics` are the node's own figures.
    """

    rate: float
    latency: tuple[float, float]
    cpu: float
    cpu_share: float
    memory: float
    sent: int
    diagnostics: dict[str, str]

    def own(self, key: str) -> float:
        """Return one of the node's own figures."""
        return float(self.diagnostics[key])


def run(setup: Setup) -> Outcome:
    """Run the three processes and measure; raises SystemExit when nothing is answered."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        found = folder / "found.json"
        pixels = folder / "picture.npy"
        picture = picture_with(setup.hands, setup.width, setup.height)
        np.save(pixels, picture)
        options = ["--rate", str(setup.rate), "--transport", setup.transport]
        if setup.depth:
            np.save(folder / "depth.npy", depth_of(picture))
            options += ["--depth", str(folder / "depth.npy")]
        node = stack.enter_context(_node(setup, folder))
        listener = stack.enter_context(script_process("listener.py", str(found), *setup.outputs))
        source = stack.enter_context(script_process("camera.py", str(pixels), *options))
        wait_for_line(listener)
        time.sleep(_SETTLING)
        _check_alive(node, folder)
        before, began = Usage.of(node.pid), time.time_ns()
        time.sleep(setup.seconds)
        after, ended = Usage.of(node.pid), time.time_ns()
        sent = _sent(source)
        time.sleep(_DRAINING)
        end_process(listener)
        return _outcome(json.loads(found.read_text()), (before, after), (began, ended), sent)


@contextmanager
def without_profile() -> Iterator[None]:
    """Leave Fast DDS as it comes: it takes images apart into packets."""
    profile = os.environ.pop(PROFILES_FILE)
    try:
        yield
    finally:
        os.environ[PROFILES_FILE] = profile


@contextmanager
def listening() -> Iterator[None]:
    """Have a process of its own listen to all outputs."""
    with (
        tempfile.TemporaryDirectory() as folder,
        script_process("listener.py", str(Path(folder, "found.json")), *EVERYTHING),
    ):
        yield


def _outcome(
    found: dict[str, dict[str, list[tuple[int, int]]]],
    usage: tuple[Usage, Usage],
    window: tuple[int, int],
    sent: int,
) -> Outcome:
    arrivals = {
        topic: [(stamp, when) for stamp, when in pairs if window[0] <= when < window[1]]
        for topic, pairs in found["arrivals"].items()
    }
    before, after = usage
    share = after.cpu_share_since(before)
    diagnostics: dict[str, str] = found["diagnostics"]  # type: ignore[assignment]
    if not arrivals:
        return Outcome(0.0, (0.0, 0.0), 0.0, share, after.memory, sent, diagnostics)
    answers = len(arrivals["hands"])
    if not answers:
        raise SystemExit("bench: the node answered nothing; run it by hand to see why")
    latencies = [1e-6 * (when - stamp) for stamp, when in arrivals["mask"]]
    median, late = np.percentile(latencies, (50, 95))
    return Outcome(
        rate=answers / (1e-9 * (window[1] - window[0])),
        latency=(float(median), float(late)),
        cpu=1e3 * (after.cpu - before.cpu) / answers,
        cpu_share=share,
        memory=after.memory,
        sent=sent,
        diagnostics=diagnostics,
    )


@contextmanager
def _node(setup: Setup, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    if setup.node == OBVIOUS:
        with script_process("obvious_node.py") as process:
            yield process
        return
    parameters: dict[str, str | float | bool] = {
        "threads": setup.threads,
        "model": setup.model,
        "input_width": setup.input_size[0],
        "input_height": setup.input_size[1],
        "image_transport": setup.transport,
        "depth": setup.depth,
    }
    with node_process("hand_segmentation_node", parameters, folder / "node.log") as process:
        yield process


@contextmanager
def script_process(name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a file of this folder; it is ended by SIGINT."""
    environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / name), *arguments],
        stdout=subprocess.PIPE,
        env=environment,
    )
    try:
        yield process
    finally:
        end_process(process)


def wait_for_line(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process to print; what is amiss when it does not is found out after that."""
    assert process.stdout is not None
    if select.select([process.stdout], [], [], _PATIENCE)[0]:
        process.stdout.readline()


def _sent(source: subprocess.Popen[bytes]) -> int:
    """End the camera and return how many images it sent."""
    source.send_signal(signal.SIGINT)
    output, _ = source.communicate(timeout=_GRACE)
    return int(json.loads(output)["sent"])


def _check_alive(node: subprocess.Popen[bytes], folder: Path) -> None:
    if node.poll() is not None:
        log = folder / "node.log"
        text = log.read_text() if log.exists() else ""
        raise SystemExit(f"bench: the node ended with code {node.returncode}\n{text}")
