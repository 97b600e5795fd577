"""Guards the wheel: built from a clean copy, it works in a fresh environment without a ROS."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from support.checkout import copy_tracked_files
from support.processes import RunningProcess, running_process

pytestmark = pytest.mark.slow

RECEIVE_ITS_OWN = """
import rclpy
from handseg_ros.msg import HandInstance, HandInstances
rclpy.init()
node = rclpy.create_node("round_trip")
received = []
node.create_subscription(HandInstances, "hands", received.append, 1)
publisher = node.create_publisher(HandInstances, "hands", 1)
for _ in range(200):
    publisher.publish(HandInstances(model="m", hands=[HandInstance(id=7)]))
    rclpy.spin_once(node, timeout_sec=0.1)
    if received:
        break
print(received[0].hands[0].id)
"""


def run(*command: str | Path) -> None:
    """Run a command that must succeed, away from the source tree."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel of a clean copy; what it requires is lent by the test's.

    Lending spares some 250 downloads; test_dependencies.py sees to it that the lent packages are
    those that the wheel requires.
    """
    folder = tmp_path_factory.mktemp("pip_install")
    copy_tracked_files(folder / "source")
    pip = [sys.executable, "-m", "pip"]
    build = ["wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    run(*pip, *build, "--wheel-dir", folder, folder / "source")
    (wheel,) = folder.glob("handseg_ros-*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    (site,) = folder.glob("venv/lib/python3.*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "venv"


def started(environment: Path, *command: str | Path) -> AbstractContextManager[RunningProcess]:
    """Start a command of the fresh environment, its own libraries before the lent ones."""
    libraries = f"{environment / 'lib'}{os.pathsep}{os.environ['LD_LIBRARY_PATH']}"
    return running_process([environment / command[0], *command[1:]], {"LD_LIBRARY_PATH": libraries})


def test_the_fresh_installation_is_what_runs(environment: Path) -> None:
    """The lent packages include another installation of ours, which must stay out of it."""
    program = "import handseg_ros; print(handseg_ros.__file__)"
    with started(environment, "bin/python", "-c", program) as process:
        assert process.wait(30) == 0, process.output()
        assert process.output().startswith(str(environment))


def test_messages_travel_over_dds(environment: Path) -> None:
    """The installed messages are published and received by a node in the fresh environment."""
    with started(environment, "bin/python", "-c", RECEIVE_ITS_OWN) as process:
        assert process.wait(30) == 0, process.output()
        assert process.output().split()[-1] == "7"


def test_console_scripts_run(environment: Path) -> None:
    """The command line finds the default model that came with the wheel."""
    with started(environment, "bin/handseg", "info", "hands") as process:
        assert process.wait(30) == 0, process.output()
        assert "bottom_up" in process.output()


@pytest.mark.parametrize("folder", ["bin", "lib/handseg_ros"])
def test_node_starts_and_ends(environment: Path, folder: str) -> None:
    """The node runs as pip's script and as the executable that `ros2 run` looks for."""
    with started(environment, f"{folder}/hand_segmentation_node") as process:
        process.wait_for_output("models/hands.onnx", timeout=30)
        assert process.stop() == 0, process.output()


def test_nothing_is_left_out_or_doubled(environment: Path) -> None:
    """One set of metadata, and the folders that ROS tools look into."""
    (site,) = environment.glob("lib/python3.*/site-packages")
    assert len(list(site.glob("handseg_ros*-info"))) == 1
    share = environment / "share"
    assert (share / "ament_index/resource_index/packages/handseg_ros").exists()
    names = ("package.xml", "launch/handseg.launch.py", "config", "models/hands.onnx")
    for name in (*names, "assets/rendered_hands.png"):
        assert (share / "handseg_ros" / name).exists(), name
    assert (share / "handseg_ros" / "srv" / "CaptureBackground.srv").exists()
