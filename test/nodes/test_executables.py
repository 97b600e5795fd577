"""Guards what the nodes' programs say without being nodes: help, version, unknown arguments."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from handseg_ros.nodes import hand_camera_node, image_source_node, settings
from handseg_ros.nodes.program_arguments import outside_ros
from handseg_ros.segmentation.package_files import package_folder

PROGRAMS = {
    "hand_camera_node": hand_camera_node.SPECS,
    "hand_segmentation_node": settings.SPECS,
    "image_source_node": image_source_node.SPECS,
}


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that must end by itself, in an empty folder's stead at the root."""
    path = Path(sys.executable).with_name(program)
    return subprocess.run(
        [path, *arguments], cwd="/", capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_tells_every_parameter_and_starts_nothing(program: str) -> None:
    done = _run(program, "--help", "--ros-args", "-p", "source:=/nowhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: {program} [-h] [--version] [--ros-args" in done.stdout
    told = " ".join(done.stdout.split())
    for spec in PROGRAMS[program]:
        assert f" {spec.name} {spec.description} (" in told


@pytest.mark.parametrize("program", PROGRAMS)
def test_version_is_the_package_s(program: str) -> None:
    done = _run(program, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"handseg_ros {metadata.version('handseg_ros')}\n"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("arguments", "unknown"),
    [
        (["--modle", "hands"], "--modle"),
        (["-p", "model:=hands"], "-p"),
        (["clip.mp4"], "clip.mp4"),
        (["--ros-args", "-p", "model:=hands", "--", "--vers"], "--vers"),
    ],
)
def test_an_unknown_argument_is_told(program: str, arguments: list[str], unknown: str) -> None:
    done = _run(program, *arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"{program}: error: '{unknown}' is unknown: "
        "ROS arguments such as -p and -r come after --ros-args"
    )


@pytest.mark.parametrize("example", ["grasp_filter.py", "grasp_candidates.py"])
def test_the_examples_answer_alike(example: str) -> None:
    folder = package_folder("examples", example)
    assert folder is not None
    command: list[str | Path] = [sys.executable, folder / example]
    for argument, code, words in (
        ("--help", 0, "parameters, as '--ros-args -p NAME:=VALUE':\n  "),
        ("--version", 0, "handseg_ros "),
        ("--clearance", 2, f"{example}: error: '--clearance' is unknown: ROS arguments"),
    ):
        done = subprocess.run(
            [*command, argument], cwd="/", capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == code
        assert words in done.stdout + done.stderr


def test_what_is_told_at_once_loads_nothing_of_ros() -> None:
    program = (
        "import sys; sys.argv[1:] = ['--version']\n"
        "from handseg_ros.nodes.executables import image_source_node\n"
        "try: image_source_node()\n"
        "except SystemExit as end: print(end.code, {'rclpy', 'cv2', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd="/", capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 set()"


def test_what_is_for_ros_is_left_to_ros() -> None:
    assert outside_ros(["a", "--ros-args", "-p", "x:=1", "--", "b", "--ros-args", "c"]) == [
        "a",
        "b",
    ]
