"""Guards `pip install .`: from a clean copy, into a fresh environment, with nothing of ROS there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from support.checkout import ROOT, copy_tracked_files
from support.processes import running_process

pytestmark = pytest.mark.slow

DISTROS = {"7": "jazzy", "9": "kilted"}
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
    outside = {key: value for key, value in os.environ.items() if "ROS_WHEELS" not in key}
    done = subprocess.run(
        [str(word) for word in command],
        cwd="/",
        env={**outside, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh virtual environment with the package installed from a clean copy, build isolated."""
    folder = tmp_path_factory.mktemp("pip_install")
    copy_tracked_files(folder / "source")
    run(sys.executable, "-m", "venv", folder / "venv")
    distro = DISTROS[metadata.version("ros-rclpy").partition(".")[0]]
    pins = str(ROOT / "requirements" / f"{distro}.txt")
    python = folder / "venv" / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet"]
    run(python, *install, f"pip=={metadata.version('pip')}")
    run(
        python,
        *[*install, folder / "source"],
        PIP_CONSTRAINT=pins,
        PIP_BUILD_CONSTRAINT=pins,
    )
    yield folder / "venv"


def test_messages_travel_over_dds(environment: Path) -> None:
    """The installed messages are published and received by a node in the fresh environment."""
    with running_process(
        [environment / "bin" / "python", "-c", RECEIVE_ITS_OWN],
        env={"_ROS_WHEELS_BOOTSTRAP_COMPLETE": "", "LD_LIBRARY_PATH": ""},
    ) as process:
        assert process.wait(30) == 0, process.output()
        assert process.output().split()[-1] == "7"
