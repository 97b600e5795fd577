"""Guards the Makefile's first words to somebody whose machine lacks something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.checkout import ROOT


def make(*words: str) -> tuple[int, str]:
    """The exit code of `make` and what it wrote."""
    done = subprocess.run(
        ["make", "-C", str(ROOT), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def an_old_python(tmp_path: Path) -> Path:
    """A program that answers like a Python that no ROS wheel supports."""
    script = tmp_path / "python3.9"
    version = 'case "$1" in -V) echo Python 3.9.18;; *) exit 1;; esac'
    script.write_text(f"#!/bin/sh\n{version}\n")
    script.chmod(0o755)
    return script


def test_help_names_every_command() -> None:
    """`make` alone changes nothing and says what there is."""
    code, text = make()
    assert code == 0
    for word in (
        "demo",
        "test",
        "lint",
        "fuzz",
        "soak",
        "rgbd-scene",
        "bench-node",
        "bench-networks",
        "bench-space",
        "bench-tracking",
        "bench-evaluate",
        "build",
        "test-ubuntu",
        "ROS_DISTRO=jazzy",
        "ROS2_SOURCES=",
        "INPUT=",
    ):
        assert word in text


def test_an_unknown_distribution_is_refused_with_the_choice() -> None:
    """A typo must not end in pip's error about a missing file."""
    code, text = make("build", "ROS_DISTRO=foxy")
    assert code != 0
    assert "ROS_DISTRO=foxy is unknown here; choose one of: jazzy kilted" in text


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    """The name that was asked for, and how to name another."""
    code, text = make("build", f"VENV={tmp_path / 'venv'}", "PYTHON=python3.99")
    assert code != 0
    assert "'python3.99' was not found; install Python 3.10 to 3.13" in text


def test_an_old_python_is_refused_with_its_version(tmp_path: Path, an_old_python: Path) -> None:
    """The ROS wheels exist for some versions only."""
    code, text = make("build", f"VENV={tmp_path / 'venv'}", f"PYTHON={an_old_python}")
    assert code != 0
    assert "is Python 3.9.18, which the ROS wheels do not support" in text
    assert not (tmp_path / "venv").exists()


def test_a_missing_compiler_is_told_before_anything_is_installed(tmp_path: Path) -> None:
    """One sentence, with the way out, instead of CMake's page."""
    words = (f"VENV={tmp_path / 'venv'}", f"PYTHON={sys.executable}", "CXX=no-such-compiler")
    code, text = make("build", *words)
    assert code != 0
    assert "No C and C++ compiler was found; install one" in text
    assert not (tmp_path / "venv").exists()
