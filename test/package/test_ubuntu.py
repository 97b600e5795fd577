"""Guards the versions of Ubuntu's packages: the page's table, pins and wheel tell the same."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PINS = {path.stem: path for path in sorted((ROOT / "requirements").glob("ubuntu-*.txt"))}
COLUMNS = ("numpy", "opencv-python-headless", "scipy", "pyyaml", "tqdm", "onnxruntime", "ros-rclpy")
# The first part of rclpy's version.
ROS = {"7": "Jazzy", "9": "Kilted"}


def pins_of(name: str) -> dict[str, str]:
    """What an environment is made of: the version of each package."""
    lines = (line.partition(" ;")[0] for line in PINS[name].read_text().splitlines())
    return dict(line.split("==") for line in lines if "==" in line)


def python_of(name: str) -> str:
    """The version of Python that `make` makes the environment with."""
    (found,) = re.findall(
        rf"^test-{re.escape(name)}: OLD_PYTHON := (\S+)$", (ROOT / "Makefile").read_text(), re.M
    )
    return str(found)


@pytest.mark.parametrize("name", PINS)
def test_the_page_tells_what_is_tested(name: str) -> None:
    pins = pins_of(name)
    versions = [pins[column] for column in COLUMNS[:-1]]
    ros = ROS[pins[COLUMNS[-1]].partition(".")[0]]
    row = " | ".join([name.replace("ubuntu-", "Ubuntu "), python_of(name), *versions, ros])
    assert f"| {row} |" in (ROOT / "docs" / "reference" / "dependencies.md").read_text()


def test_nothing_older_is_claimed_than_what_is_tested() -> None:
    requirements = {
        line.name: line for line in map(Requirement, metadata.requires("handseg_ros") or ())
    }
    for column in COLUMNS[:-1]:
        tested = min(Version(pins_of(name)[column]) for name in PINS)
        (lowest,) = (
            Version(one.version) for one in requirements[column].specifier if one.operator == ">="
        )
        assert tested.release[: len(lowest.release)] == lowest.release, column
        assert tested in requirements[column].specifier


@pytest.mark.parametrize("name", PINS)
def test_the_environment_has_these_versions(name: str) -> None:
    if Path(sys.prefix).name != f".venv-{name}":
        pytest.skip(f"this is another environment: make test-{name}")
    assert f"{sys.version_info.major}.{sys.version_info.minor}" == python_of(name)
    for package, version in pins_of(name).items():
        assert metadata.version(package) == version, package
