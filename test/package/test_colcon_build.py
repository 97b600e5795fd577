"""Guards `colcon build`: the package in a fresh workspace, with the ROS wheels as the underlay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.checkout import copy_tracked_files
from support.processes import running_process

pytestmark = pytest.mark.slow

WHERE = (
    "import handseg_ros, handseg_ros.msg as m, handseg_ros.srv as s; "
    "print(handseg_ros.__file__, m.HandInstance(), s.CaptureBackground.Request())"
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the package built in it; its build output is in build.txt."""
    folder = tmp_path_factory.mktemp("colcon_workspace")
    copy_tracked_files(folder / "src" / "handseg_ros")
    prefix = Path(sys.prefix)
    done = subprocess.run(
        ["colcon", "build", "--event-handlers", "console_direct+"],
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
    (folder / "build.txt").write_text(done.stdout)
    return folder


def sourced(workspace: Path, command: str) -> list[str]:
    """A shell command line that runs `command` as a user does who sourced the workspace."""
    prefix = Path(sys.prefix)
    path = f"export PATH={prefix / 'bin'}:$PATH AMENT_PREFIX_PATH={prefix}"
    return ["bash", "-c", f"{path} && . {workspace}/install/local_setup.bash && exec {command}"]


def test_the_build_is_clean(workspace: Path) -> None:
    """No CMake error or warning of ours; Jazzy's own generators use what newer ones call old."""
    text = (workspace / "build.txt").read_text().replace("CMake Warning (deprecated)", "")
    assert "CMake Error" not in text
    assert "CMake Warning" not in text


def test_python_and_messages_lie_in_one_package(workspace: Path) -> None:
    """The workspace's own files are imported, not those of the underlay."""
    with running_process(sourced(workspace, f'python3 -c "{WHERE}"')) as process:
        assert process.wait(30) == 0, process.output()
        assert process.output().startswith(f"{workspace}/install/handseg_ros/lib/python")
        assert "side_confidence" in process.output()
        assert "averaging_time=5.0" in process.output()


def test_share_folder_is_complete(workspace: Path) -> None:
    """`ros2 launch`, `ros2 interface show` and the node find their files."""
    share = workspace / "install" / "handseg_ros" / "share"
    assert (share / "ament_index/resource_index/packages/handseg_ros").exists()
    assert (share / "ament_index/resource_index/rosidl_interfaces/handseg_ros").exists()
    for name in ("launch/handseg.launch.py", "config", "models/hands.onnx", "package.xml"):
        assert (share / "handseg_ros" / name).exists(), name
    assert (share / "handseg_ros" / "srv" / "CaptureBackground.srv").exists()
    for name in ("examples/grasp_filter.launch.py", "assets/rgbd_scene/camera.yaml"):
        assert (share / "handseg_ros" / name).exists(), name


def test_colcon_test_runs_the_tests_of_the_workspace(workspace: Path) -> None:
    """`colcon test` collects and passes; the messages' tests stand for the others."""
    command = "colcon test --return-code-on-test-failure --ctest-args -R messages"
    with running_process(sourced(workspace, f"env -C {workspace} {command}")) as process:
        assert process.wait(120) == 0, process.output()
    (result,) = workspace.glob("build/handseg_ros/test_results/handseg_ros/messages.xunit.xml")
    assert 'errors="0" failures="0" skipped="0"' in result.read_text()


def test_node_runs_as_ros2_run_would_run_it(workspace: Path) -> None:
    """lib/handseg_ros/hand_segmentation_node loads the default model and waits for images."""
    node = workspace / "install/handseg_ros/lib/handseg_ros/hand_segmentation_node"
    with running_process(sourced(workspace, str(node))) as process:
        process.wait_for_output("models/hands.onnx", timeout=30)
        assert process.stop() == 0, process.output()


def test_image_source_tells_why_it_cannot_run(workspace: Path) -> None:
    """The second executable is there too, and its error is one line about the source."""
    source = workspace / "install/handseg_ros/lib/handseg_ros/image_source_node"
    command = f"{source} --ros-args -p source:=/nowhere/clip.mp4"
    with running_process(sourced(workspace, command)) as process:
        assert process.wait(30) != 0
        assert "/nowhere/clip.mp4" in process.output()
