"""Tries a wheel as its users meet it: a fresh environment, no compiler, node and command line."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import shutil
import subprocess
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

from release.builds import ROOT, Interpreter, ReleaseError, run

_CLIP = ROOT / "assets" / "rendered_hands.avi"
_PICTURE = ROOT / "assets" / "rendered_hands.png"


def metadata_of(wheel: Path) -> Message:
    """The METADATA of a wheel file."""
    with ZipFile(wheel) as archive:
        (name,) = (entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def check_requirements(wheel: Path, distribution: str) -> None:
    """ReleaseError where the wheel would be installed beside another distribution's rclpy."""
    pins = (ROOT / "requirements" / f"{distribution}.txt").read_text(encoding="utf-8")
    (pinned,) = (line for line in pins.splitlines() if line.startswith("ros-rclpy=="))
    wanted = "~=" + ".".join([*pinned.partition("==")[2].split(".")[:2], "0"])
    lines = metadata_of(wheel).get_all("Requires-Dist") or []
    (rclpy,) = (line for line in lines if line.startswith("ros-rclpy"))
    if not rclpy.endswith(wanted):
        raise ReleaseError(f"{wheel.name} requires '{rclpy}', but {distribution} is {wanted}")


def try_wheel(wheel: Path, python: Interpreter, work: Path) -> None:
    """Install into a fresh environment and use it; ReleaseError where anything fails.

    PATH has the environment's own programs alone: no compiler, no cmake.
    """
    log = work / "trial.log"
    place = work / "environment"
    shutil.rmtree(place, ignore_errors=True)
    own = {name: value for name, value in os.environ.items() if name not in {"LD_LIBRARY_PATH"}}
    own |= {"PATH": str(place / "bin"), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    try:
        run([python.program, "-m", "venv", str(place)], log)
        run([str(place / "bin" / "python"), "-m", "pip", "install", str(wheel)], log, own)
        run([str(place / "bin" / "handseg"), "info", "hands"], log, own)
        masks = work / "masks.png"
        run([str(place / "bin" / "handseg"), "run", str(_PICTURE), "-s", str(masks)], log, own)
        # Node and image source as processes of their own; its code is 0 only if hands came out.
        demo = [str(place / "bin" / "python"), "-m", "handseg_ros.demo", "--input", str(_CLIP)]
        run([*demo, "--output", str(work / "demo")], log, own)
        if not masks.stat().st_size:
            raise ReleaseError(f"{wheel.name}: handseg run left no mask in {masks}")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def check_descriptions(files: list[Path], twine: list[str]) -> None:
    """`twine check --strict`: an index shows what the files say of themselves."""
    done = subprocess.run(
        [*twine, "check", "--strict", *map(str, files)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleaseError(f"twine check refuses the files:\n{done.stdout}")
