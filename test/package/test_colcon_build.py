"""Guards `colcon build` in three layouts: a fresh workspace, with the ROS wheels below it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.checkout import copy_tracked_files
from support.processes import running_process

pytestmark = pytest.mark.slow

# The options that make what stands in a folder of that name. ROS cannot go on with links where it
# made copies, so those have a build of their own; the others share one, as messages take long.
LAYOUTS = {
    "plain": ["--build-base", "build"],
    "merged": ["--build-base", "build", "--merge-install", "--cmake-force-configure"],
    "symlinks": ["--build-base", "linked", "--symlink-install"],
}
# That second build is half of the time here, and what it lays down is what the others do.
EACH_LAYOUT = pytest.mark.parametrize(
    "layout",
    [
        pytest.param(name, marks=pytest.mark.nightly if name == "symlinks" else ())
        for name in LAYOUTS
    ],
)
WHERE = (
    "import handseg_ros, handseg_ros.msg as m, handseg_ros.srv as s; "
    "print(handseg_ros.__file__, m.HandInstance(), s.CaptureBackground.Request())"
)
# What `ros2 run` does, by its own code.
ROS2_RUN = (
    "from ros2run.api import get_executable_path, run_executable; "
    "path = get_executable_path(package_name='handseg_ros', executable_name='handseg'); "
    "raise SystemExit(run_executable(path=path, argv=['--version']))"
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A workspace with the package built in it, each layout asked for in a folder of its name.

    The build's output is in build.txt.
    """
    folder = tmp_path_factory.mktemp("colcon_workspace")
    copy_tracked_files(folder / "src" / "handseg_ros")
    asked = {
        item.callspec.params.get("layout", "plain")
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    }
    layouts = [name for name in LAYOUTS if name in {"plain", *asked}]
    (folder / "build.txt").write_text("".join(_build(folder, name) for name in layouts))
    return folder


def _build(folder: Path, layout: str) -> str:
    prefix = Path(sys.prefix)
    # What judges times beside it comes first.
    command = ["nice", "colcon", "build", "--event-handlers", "console_direct+"]
    command += ["--install-base", layout]
    done = subprocess.run(
        [*command, *LAYOUTS[layout]],
        cwd=folder,
        env={
            **os.environ,
            "AMENT_PREFIX_PATH": str(prefix),
            "CMAKE_PREFIX_PATH": str(prefix),
            "PATH": os.pathsep.join([str(prefix / "bin"), os.environ["PATH"]]),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def another_python(tmp_path: Path) -> Path:
    """A folder with a python3 that knows nothing of ROS or of this package."""
    return _script(tmp_path / "another" / "python3", "echo another Python; exit 9").parent


def _script(path: Path, line: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def installed(workspace: Path, layout: str = "plain") -> Path:
    """Where the package lies."""
    return workspace / layout / ("" if layout == "merged" else "handseg_ros")


def sourced(
    workspace: Path, command: str, layout: str = "plain", before: Path | None = None
) -> list[str]:
    """A shell command line that runs `command` as a user does who sourced the workspace.

    `before` is a folder that this user has in front of all others on PATH.
    """
    prefix = Path(sys.prefix)
    path = f"export PATH={prefix / 'bin'}:$PATH AMENT_PREFIX_PATH={prefix}"
    front = f"export PATH={before}:$PATH && " if before else ""
    setup = f"{path} && . {workspace}/{layout}/local_setup.bash"
    return ["bash", "-c", f"{setup} && {front}exec {command}"]


def test_the_build_is_clean(workspace: Path) -> None:
    """No CMake error or warning of ours; Jazzy's own generators use what newer ones call old."""
    text = (workspace / "build.txt").read_text().replace("CMake Warning (deprecated)", "")
    assert "CMake Error" not in text
    assert "CMake Warning" not in text


@EACH_LAYOUT
def test_python_and_messages_lie_in_one_package(workspace: Path, layout: str) -> None:
    """The workspace's own files are imported, not those of the underlay."""
    with running_process(sourced(workspace, f'python3 -c "{WHERE}"', layout)) as process:
        assert process.wait() == 0, process.output()
        assert process.output().startswith(f"{installed(workspace, layout)}/lib/python")
        assert "side_confidence" in process.output()
        assert "averaging_time=5.0" in process.output()


def test_share_folder_is_complete(workspace: Path) -> None:
    """`ros2 launch`, `ros2 interface show` and the node find their files."""
    share = installed(workspace) / "share"
    assert (share / "ament_index/resource_index/packages/handseg_ros").exists()
    assert (share / "ament_index/resource_index/rosidl_interfaces/handseg_ros").exists()
    for name in ("launch/handseg.launch.py", "config", "models/hands.onnx", "package.xml"):
        assert (share / "handseg_ros" / name).exists(), name
    assert (share / "handseg_ros" / "srv" / "CaptureBackground.srv").exists()
    for name in ("examples/grasp_filter.launch.py", "assets/rgbd_scene/camera.yaml"):
        assert (share / "handseg_ros" / name).exists(), name


def test_colcon_test_runs_the_tests_of_the_workspace(workspace: Path) -> None:
    """`colcon test` collects and passes; the messages' tests stand for the others."""
    command = "colcon test --install-base plain --return-code-on-test-failure"
    with running_process(
        sourced(workspace, f"env -C {workspace} {command} --ctest-args -R messages")
    ) as process:
        assert process.wait(120) == 0, process.output()
    (result,) = workspace.glob("build/handseg_ros/test_results/handseg_ros/messages.xunit.xml")
    assert 'errors="0" failures="0" skipped="0"' in result.read_text()


@EACH_LAYOUT
def test_node_runs_as_ros2_run_would_run_it(
    workspace: Path, layout: str, another_python: Path
) -> None:
    """lib/handseg_ros/hand_segmentation_node may be executed, loads its model and waits for images.

    It runs with the Python that it was built with, whichever stands first on PATH.
    """
    node = installed(workspace, layout) / "lib/handseg_ros/hand_segmentation_node"
    with running_process(sourced(workspace, str(node), layout, another_python)) as process:
        process.wait_for_output("models/hands.onnx", timeout=30)
        assert process.stop() == 0, process.output()


@EACH_LAYOUT
def test_the_command_line_is_on_path_and_beside_the_nodes(
    workspace: Path, layout: str, another_python: Path
) -> None:
    """As `handseg`, and as `ros2 run handseg_ros handseg`."""
    own = installed(workspace, layout)
    for command in ("handseg", f"{own}/lib/handseg_ros/handseg"):
        run = f"{command} info hands"
        with running_process(sourced(workspace, run, layout, another_python)) as process:
            assert process.wait() == 0, process.output()
            assert "bottom_up" in process.output()
    with running_process(sourced(workspace, "which handseg", layout)) as process:
        process.wait()
        assert process.output().strip() == f"{own}/bin/handseg"


@EACH_LAYOUT
def test_the_real_ros2_run_finds_it(workspace: Path, layout: str) -> None:
    """The rule of ros2run: a file in lib/handseg_ros that may be executed."""
    pytest.importorskip("ros2run", reason="ros2cli comes with a ROS installation")
    with running_process(sourced(workspace, f'python3 -c "{ROS2_RUN}"', layout)) as process:
        assert process.wait() == 0, process.output()
        assert process.output().startswith("handseg_ros ")


@pytest.mark.parametrize(
    ("packages", "settings", "is_used"),
    [
        (("onnxruntime", "cv2"), "", True),
        (("onnxruntime",), "include-system-site-packages = true", True),
        (("onnxruntime",), "include-system-site-packages = false", False),
        ((), "include-system-site-packages = true", False),
    ],
)
def test_an_active_virtual_environment_runs_the_programs_if_it_has_the_packages(
    workspace: Path, tmp_path: Path, packages: tuple[str, ...], settings: str, is_used: bool
) -> None:
    """Ubuntu 24.04 lets pip install ONNX Runtime into such an environment alone."""
    environment = tmp_path / "environment"
    _script(environment / "bin" / "python3", f"echo the environment; exec {sys.executable} $@")
    (environment / "pyvenv.cfg").write_text(f"{settings}\n")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for package in packages:
        (environment / "lib" / version / "site-packages" / package).mkdir(parents=True)
    command = f"env VIRTUAL_ENV={environment} handseg --version"
    with running_process(sourced(workspace, command)) as process:
        assert process.wait() == 0, process.output()
        assert process.output().startswith("the environment" if is_used else "handseg_ros ")


def test_image_source_tells_why_it_cannot_run(workspace: Path) -> None:
    """The second executable is there too, and its error is one line about the source."""
    source = installed(workspace) / "lib/handseg_ros/image_source_node"
    command = f"{source} --ros-args -p source:=/nowhere/clip.mp4"
    with running_process(sourced(workspace, command)) as process:
        assert process.wait() != 0
        assert "/nowhere/clip.mp4" in process.output()
