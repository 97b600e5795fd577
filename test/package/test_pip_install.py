"""Guards `pip install .`: from a clean copy into a fresh environment, without a ROS there."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from support.checkout import ROOT, copy_tracked_files
from support.processes import running_process

pytestmark = pytest.mark.slow

DISTROS = {"7": "jazzy", "9": "kilted"}
# The fresh environment must find its own libraries: it gets no help from the test's environment.
OUTSIDE = {"_ROS_WHEELS_BOOTSTRAP_COMPLETE": "", "LD_LIBRARY_PATH": ""}
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


def run(*command: str | Path, **environment: str) -> str:
    """Run a command that must succeed, away from the source tree, and return what it writes."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd="/",
        env={**os.environ, **OUTSIDE, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the package installed from a clean copy, build isolated."""
    folder = tmp_path_factory.mktemp("pip_install")
    copy_tracked_files(folder / "source")
    run(sys.executable, "-m", "venv", folder / "venv")
    distro = DISTROS[metadata.version("ros-rclpy").partition(".")[0]]
    pins = str(ROOT / "requirements" / f"{distro}.txt")
    python = folder / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet"]
    run(*install, f"pip=={metadata.version('pip')}")
    run(*install, folder / "source", PIP_CONSTRAINT=pins, PIP_BUILD_CONSTRAINT=pins)
    return folder / "venv"


def test_messages_travel_over_dds(environment: Path) -> None:
    """The installed messages are published and received by a node in the fresh environment."""
    command = [str(environment / "bin" / "python"), "-c", RECEIVE_ITS_OWN]
    with running_process(command, OUTSIDE) as process:
        assert process.wait(30) == 0, process.output()
        assert process.output().split()[-1] == "7"


def test_console_scripts_run(environment: Path) -> None:
    """The command line finds the default model that came with the wheel."""
    with running_process([environment / "bin" / "handseg", "info", "hands"], OUTSIDE) as process:
        assert process.wait(30) == 0, process.output()
        assert "bottom_up" in process.output()


@pytest.mark.parametrize("folder", ["bin", "lib/handseg_ros"])
def test_node_starts_and_ends(environment: Path, folder: str) -> None:
    """The node runs as pip's script and as the executable that `ros2 run` looks for."""
    node = environment / folder / "hand_segmentation_node"
    with running_process([node], OUTSIDE) as process:
        process.wait_for_output("models/hands.onnx", timeout=30)
        assert process.stop() == 0, process.output()


def test_nothing_is_left_out_or_doubled(environment: Path) -> None:
    """One set of metadata, and the folders that ROS tools look into."""
    (site,) = environment.glob("lib/python3.*/site-packages")
    assert len(list(site.glob("handseg_ros*-info"))) == 1
    share = environment / "share"
    assert (share / "ament_index/resource_index/packages/handseg_ros").exists()
    for name in ("package.xml", "launch/handseg.launch.py", "config", "models/hands.onnx"):
        assert (share / "handseg_ros" / name).exists(), name
