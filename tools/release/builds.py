"""Builds the sdist, and from it a wheel for each Python and each ROS distribution.

A wheel's messages load with the distribution that they were compiled against alone, so the pins of
requirements/<distribution>.txt say what its build environment has.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


class ReleaseError(Exception):
    """A file of the release cannot be made or does not hold; the text says which and why."""


@dataclass(frozen=True)
class Interpreter:
    """A Python to build for: its program's file, and its version as `3.11`."""

    program: str
    version: str


def interpreter(program: str) -> Interpreter:
    """Ask a program, a file or a name on PATH, for its version and its file: pip takes files alone.

    Raises ReleaseError where it is no Python that the package is for.
    """
    asked = [program, "-c", "import sys; print(*sys.version_info[:2], sys.executable, sep=chr(10))"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ReleaseError(f"{program} is no Python that runs: {error}") from error
    major, minor, file = done.stdout.splitlines()
    version = f"{major}.{minor}"
    if version not in PYTHONS:
        raise ReleaseError(f"{program} is Python {version}: wheels are for {', '.join(PYTHONS)}")
    return Interpreter(file, version)


def run(command: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
    """Run a command away from the sources, its words in `log`; ReleaseError where it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        file.flush()
        done = subprocess.run(
            command, cwd=log.parent, env=environment, stdout=file, stderr=file, check=False
        )
    if done.returncode:
        last = log.read_text("utf-8", "replace").strip().splitlines()[-1]
        raise ReleaseError(
            f"'{' '.join(command[:4])} …' ended with code {done.returncode}, see {log}: {last}"
        )


def build_sdist(packer: Path, target: Path) -> Path:
    """Pack what MANIFEST.in names; `packer` is a Python that has all that a build requires."""
    with_sources = "import sys; from setuptools import build_meta as b; b.build_sdist(sys.argv[1])"
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [str(packer), "-c", with_sources, str(target)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleaseError(f"The sdist cannot be packed:\n{done.stdout}")
    (sdist,) = target.glob("handseg_ros-*.tar.gz")
    return sdist


def build_wheel(sdist: Path, python: Interpreter, distribution: str, work: Path) -> Path:
    """Build a wheel in isolation, from the sdist and the distribution's pins; return its path.

    `work` takes the log and the wheel.
    """
    log = work / "build.log"
    raw = work / "raw"
    shutil.rmtree(raw, ignore_errors=True)
    pins = ROOT / "requirements" / f"{distribution}.txt"
    pip = [sys.executable, "-m", "pip", "--python", python.program, "wheel", "--no-deps"]
    run([*pip, "--build-constraint", str(pins), "--wheel-dir", str(raw), str(sdist)], log)
    (wheel,) = raw.glob("handseg_ros-*.whl")
    return wheel
