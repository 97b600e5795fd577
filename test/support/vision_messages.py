"""vision_msgs built for tests: what of release 4 a Detection2DArray is made of, by its layout."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MODULES = "lib/python/site-packages"
_MESSAGES = {
    "Point2D": "float64 x\nfloat64 y",
    "Pose2D": "vision_msgs/Point2D position\nfloat64 theta",
    "BoundingBox2D": "vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y",
    "ObjectHypothesis": "string class_id\nfloat64 score",
    "ObjectHypothesisWithPose": (
        "vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose"
    ),
    "Detection2D": (
        "std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n"
        "vision_msgs/BoundingBox2D bbox\nstring id"
    ),
    "Detection2DArray": "std_msgs/Header header\nvision_msgs/Detection2D[] detections",
}
_PACKAGE = """<package format="3">
  <name>vision_msgs</name>
  <version>4.1.1</version>
  <description>Detections, for a test</description>
  <maintainer email="nobody@example.org">nobody</maintainer>
  <license>Apache-2.0</license>
  <buildtool_depend>ament_cmake</buildtool_depend>
  <depend>geometry_msgs</depend>
  <depend>std_msgs</depend>
  <member_of_group>rosidl_interface_packages</member_of_group>
</package>
"""
_BUILD = """cmake_minimum_required(VERSION 3.22)
project(vision_msgs LANGUAGES C CXX)
find_package(ament_cmake REQUIRED)
find_package(rosidl_default_generators REQUIRED)
find_package(geometry_msgs REQUIRED)
find_package(std_msgs REQUIRED)
rosidl_generate_interfaces(${{PROJECT_NAME}} {files} DEPENDENCIES geometry_msgs std_msgs)
include({root}/cmake/include_directories.cmake)
drop_missing_include_directories()
keep_include_directories_private(${{PROJECT_NAME}}__rosidl_generator_py)
ament_package()
"""


def build_vision_msgs(folder: Path) -> dict[str, str]:
    """Build and install the package below a folder; returns what a process needs to find it."""
    source, installed = folder / "source", folder / "installed"
    (source / "msg").mkdir(parents=True)
    for name, text in _MESSAGES.items():
        (source / "msg" / f"{name}.msg").write_text(text + "\n")
    files = " ".join(f"msg/{name}.msg" for name in _MESSAGES)
    (source / "package.xml").write_text(_PACKAGE)
    (source / "CMakeLists.txt").write_text(_BUILD.format(files=files, root=ROOT))
    _run_cmake(source, folder / "build", installed)
    return {
        "PYTHONPATH": _before("PYTHONPATH", installed / _MODULES),
        "LD_LIBRARY_PATH": _before("LD_LIBRARY_PATH", installed / "lib"),
    }


def _run_cmake(source: Path, tree: Path, installed: Path) -> None:
    configure = [
        *("cmake", "-S", str(source), "-B", str(tree), "-G", "Ninja"),
        "-DBUILD_TESTING=OFF",
        f"-DCMAKE_INSTALL_PREFIX={installed}",
        f"-DPYTHON_INSTALL_DIR={_MODULES}",
        f"-DPython3_EXECUTABLE={sys.executable}",
    ]
    # A sourced ROS where there is one, else the wheels of this environment.
    prefixes = os.environ.get("AMENT_PREFIX_PATH") or sys.prefix
    for command in (configure, ["cmake", "--build", str(tree), "--target", "install"]):
        done = subprocess.run(
            command,
            env={**os.environ, "AMENT_PREFIX_PATH": prefixes, "CMAKE_PREFIX_PATH": prefixes},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _before(variable: str, entry: Path) -> str:
    return os.pathsep.join(filter(None, [str(entry), os.environ.get(variable, "")]))
