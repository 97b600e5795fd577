"""Build the package, messages included, with CMake and pack what CMake installs as a wheel.

CMakeLists.txt alone says what is built and where it goes, here as under colcon. This file runs it
into a staging folder and hands the result to setuptools: the Python files become the wheel's
package, all else (libraries, share/, lib/handseg_ros/) its data files.

`HANDSEG_BUILD_DIR` names a folder that keeps the CMake tree from one build to the next.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

PROJECT = "handseg_ros"
SOURCE = Path(__file__).resolve().parent
SITE_PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"

REQUIREMENTS = (
    "numpy>=1.21.6,<3",
    "onnxruntime>=1.16",
    "opencv-python-headless>=4.5.4,<5",
    "pyyaml>=5.4",
    "scipy>=1.8",
    "tqdm>=4.57",
)
ROS_REQUIREMENTS = (
    "ros-ament-index-python",
    "ros-builtin-interfaces",
    "ros-diagnostic-msgs",
    "ros-geometry-msgs",
    "ros-lifecycle-msgs",
    "ros-rcl-interfaces",
    "ros-rclpy[fastrtps]",
    "ros-rosgraph-msgs",
    "ros-rosidl-default-runtime",
    "ros-sensor-msgs",
    "ros-std-msgs",
    "ros-visualization-msgs",
)


def requirements() -> list[str]:
    """Requirements of the built package, with the ROS distribution that it was built against.

    The messages are compiled against one distribution's libraries and load with no other, so the
    versions present at build time bound those at run time (7.1.6 becomes `~=7.1.0`, below 7.2: of
    some packages the distributions differ in the second number alone).
    """
    return [*REQUIREMENTS, *(f"{name}~={_release(name)}" for name in ROS_REQUIREMENTS)]


def _release(requirement: str) -> str:
    version = metadata.version(requirement.partition("[")[0])
    return ".".join([*version.split(".")[:2], "0"])


def ros_prefix() -> Path:
    """The folder that the ROS wheels of the building environment lie in."""
    rclpy = metadata.distribution("ros-rclpy")
    return Path(str(rclpy.locate_file(""))).resolve().parents[2]


class BinaryDistribution(Distribution):
    """A distribution whose wheel is for one Python version and one platform."""

    def has_ext_modules(self) -> bool:
        return True


class CMakeBuild(build_py):
    """Runs CMake in place of copying Python files."""

    def run(self) -> None:
        kept = os.environ.get("HANDSEG_BUILD_DIR")
        if kept:
            self._build(Path(kept).absolute())
            return
        with tempfile.TemporaryDirectory(prefix="handseg_ros_") as temporary:
            self._build(Path(temporary))

    def _build(self, tree: Path) -> None:
        staging = tree / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        run_cmake(tree / "cmake", staging)
        packages = Path(self.build_lib).absolute()
        shutil.rmtree(packages / PROJECT, ignore_errors=True)
        shutil.copytree(staging / SITE_PACKAGES / PROJECT, packages / PROJECT)
        shutil.rmtree(staging / SITE_PACKAGES)
        shutil.rmtree(staging / "bin")  # pip makes those itself
        data = Path(self.build_lib).absolute().parent / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(staging, data)
        self.distribution.data_files = data_files(data)


def run_cmake(tree: Path, staging: Path) -> None:
    """Configure, build and install the package into `staging`."""
    prefix = ros_prefix()
    environment = build_environment(prefix)
    configure = [
        "cmake",
        *("-S", str(SOURCE), "-B", str(tree), "-G", "Ninja"),
        "-DBUILD_TESTING=OFF",
        "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_INSTALL_PREFIX={staging}",
        f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DPYTHON_INSTALL_DIR={SITE_PACKAGES}",
        f"-DPython3_EXECUTABLE={sys.executable}",
    ]
    for command in (configure, ["cmake", "--build", str(tree), "--target", "install"]):
        finished = subprocess.run(command, env=environment, check=False)
        if finished.returncode:
            raise SystemExit(
                f"Building {PROJECT} failed in '{' '.join(command[:3])}', see the lines above; "
                "a C and C++ compiler and Python's header files must be installed "
                "(Debian and Ubuntu: apt install g++ python3-dev)."
            )


def build_environment(prefix: Path) -> dict[str, str]:
    """This process's environment, with the ROS of `prefix` and the programs beside this Python.

    Those (cmake, ninja) come last: pip itself puts the programs of an isolated build on PATH, where
    those of an environment that nobody activated are not.
    """
    libraries = [str(prefix / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    programs = [os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")]
    return {
        **os.environ,
        "AMENT_PREFIX_PATH": str(prefix),
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries)),
        "PATH": os.pathsep.join(programs),
    }


def data_files(folder: Path) -> list[tuple[str, list[str]]]:
    """Every file below `folder`, as setuptools' pairs of target folder and files."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.setdefault(str(path.parent.relative_to(folder)), []).append(str(path))
    return list(found.items())


setup(
    distclass=BinaryDistribution,
    cmdclass={"build_py": CMakeBuild},
    packages=[PROJECT],
    install_requires=requirements(),
)
