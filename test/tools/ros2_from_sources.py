"""Puts `ros2` and ROS launch, built from their public sources, over the wheels that lack them.

usage: python test/tools/ros2_from_sources.py [--prefix FOLDER] SOURCES [COMMAND ...]

SOURCES is a folder with clones of ros2/launch, ros2/launch_ros, ros2/ros2cli,
ros2/rosidl_runtime_py and ros2/rcl_interfaces, at the branches of the installed ROS distribution;
with ros2/geometry2 beside them there is tf2_ros for Python too. What they install goes to the
prefix (build/ros2 in the working folder), which is made anew when the clones have changed. COMMAND
runs with it; without one, lines for a shell's `eval` are printed:

    python test/tools/ros2_from_sources.py ../ros2src ros2 launch handseg_ros handseg.launch.py
    eval "$(python test/tools/ros2_from_sources.py ../ros2src)"
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHEELS = Path(sys.prefix)
SITE_PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
PYTHON_PACKAGES = (
    "launch",
    "launch_ros",
    "launch_xml",
    "launch_yaml",
    "ros2cli",
    "ros2interface",
    "ros2launch",
    "ros2lifecycle",
    "ros2node",
    "ros2param",
    "ros2pkg",
    "ros2run",
    "ros2service",
    "ros2topic",
    "rosidl_runtime_py",
)
# launch_ros imports it at once, and PyPI has no wheel of it.
BUILT_PACKAGES = ("composition_interfaces",)
# Of geometry2, which may be missing: built in this order, installed by pip, and only copied, as
# the rest of that package wants rclcpp.
TF_BUILT = ("tf2_msgs", "tf2", "tf2_py")
TF_PYTHON = ("tf2_ros_py",)
TF_MODULE = ("tf2_geometry_msgs", "src/tf2_geometry_msgs")
FROM_PYPI = ("osrf-pycommon", "psutil", "empy<4")
STAMP = ".sources"


class SourcesError(Exception):
    """The sources cannot be used: one sentence that names what is missing and what to do."""


def package_folders(sources: Path) -> dict[str, Path]:
    """Return the folders of all packages in `sources` by name: those that have a package.xml."""
    manifests = [*sources.glob("*/package.xml"), *sources.glob("*/*/package.xml")]
    return {manifest.parent.name: manifest.parent for manifest in manifests}


def wanted_folders(sources: Path) -> dict[str, Path]:
    """Return the folders of the packages that are needed; raises SourcesError."""
    found = package_folders(sources)
    needed: tuple[str, ...] = (*PYTHON_PACKAGES, *BUILT_PACKAGES)
    missing = [name for name in needed if name not in found]
    if missing:
        raise SourcesError(
            f"'{sources}' lacks the packages {', '.join(missing)}: clone ros2/launch, "
            "ros2/launch_ros, ros2/ros2cli, ros2/rosidl_runtime_py and ros2/rcl_interfaces into it"
        )
    optional = (*TF_BUILT, *TF_PYTHON, TF_MODULE[0])
    if all(name in found for name in optional):
        needed += optional
    return {name: found[name] for name in needed}


def versions(folders: Mapping[str, Path]) -> str:
    """Return what tells one state of the sources from another: each package's commit."""
    lines = [f"{WHEELS} {sys.version_info.major}.{sys.version_info.minor}"]
    for name, folder in sorted(folders.items()):
        told = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True
        )
        lines.append(f"{name} {folder.resolve()} {told.stdout.strip()}")
    return "\n".join(lines)


def install(folders: Mapping[str, Path], prefix: Path) -> None:
    """Install the packages into the prefix, unless it has them at these commits."""
    wanted, stamp = versions(folders), prefix / STAMP
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"==> Installing {len(folders)} packages of ROS 2 into {prefix}", file=sys.stderr)
    shutil.rmtree(prefix, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="ros2_sources_") as folder:
        python = [name for name in (*PYTHON_PACKAGES, *TF_PYTHON) if name in folders]
        copies = [_copy(folders[name], Path(folder, name)) for name in python]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--ignore-installed"]
        alone = ["--no-deps", "--no-warn-script-location", "--prefix", str(prefix)]
        _run([*pip, *alone, *FROM_PYPI])
        _run([*pip, *alone, "--no-build-isolation", *copies])
        for name in (*BUILT_PACKAGES, *TF_BUILT):
            if name in folders:
                _build(folders[name], Path(folder, f"{name}_build"), prefix)
    if TF_MODULE[0] in folders:
        module = Path(folders[TF_MODULE[0]], TF_MODULE[1])
        shutil.copytree(module, prefix / SITE_PACKAGES / TF_MODULE[0])
    stamp.write_text(wanted)


def _copy(package: Path, target: Path) -> str:
    # pip builds in the source folder and would leave its traces there
    shutil.copytree(package, target, ignore=shutil.ignore_patterns("test", "build", "*.egg-info"))
    return str(target)


# At the end of a package's own CMakeLists.txt: what the wheels' targets need (see the file itself).
HOOK = """include("{tools}")
function(mend_targets)
  drop_missing_include_directories()
  if(TARGET ${{PROJECT_NAME}}__rosidl_generator_py)
    keep_include_directories_private(${{PROJECT_NAME}}__rosidl_generator_py)
  endif()
endfunction()
cmake_language(DEFER DIRECTORY "${{CMAKE_SOURCE_DIR}}" CALL mend_targets)
"""


def _build(package: Path, tree: Path, prefix: Path) -> None:
    """Build and install a package with CMake, over the wheels and what the prefix has."""
    tree.mkdir()
    hook = tree / "hook.cmake"
    hook.write_text(HOOK.format(tools=ROOT / "cmake" / "include_directories.cmake"))
    places = f"{prefix}{os.pathsep}{WHEELS}"
    environment = {**os.environ, "AMENT_PREFIX_PATH": places}
    environment["PATH"] = os.pathsep.join([str(WHEELS / "bin"), os.environ.get("PATH", "")])
    configure = [
        *("cmake", "-S", str(package), "-B", str(tree), "-G", "Ninja", "-DBUILD_TESTING=OFF"),
        *("-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_INSTALL_PREFIX={prefix}"),
        *(f"-DCMAKE_PREFIX_PATH={prefix};{WHEELS}", f"-DPYTHON_INSTALL_DIR={SITE_PACKAGES}"),
        *(f"-DPython3_EXECUTABLE={sys.executable}", f"-DCMAKE_PROJECT_INCLUDE={hook}"),
    ]
    for command in (configure, ["cmake", "--build", str(tree), "--target", "install"]):
        _run(command, environment)


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SourcesError(f"'{shlex.join(command[:4])} …' failed:\n{done.stdout}{done.stderr}")


def environment_of(prefix: Path) -> dict[str, str]:
    """Return the variables with which the prefix lies over the wheels."""
    places = {
        "PATH": (prefix / "bin", WHEELS / "bin"),
        "PYTHONPATH": (prefix / SITE_PACKAGES,),
        "AMENT_PREFIX_PATH": (prefix, WHEELS),
        "LD_LIBRARY_PATH": (prefix / "lib",),
    }
    return {
        name: os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get(name)])])
        for name, folders in places.items()
    }


def main() -> int:
    """Install what is not there yet; then run the command, or print the environment."""
    parser = argparse.ArgumentParser(description="ros2 and ROS launch from their public sources")
    parser.add_argument("sources", type=Path, help="folder with the clones")
    parser.add_argument("--prefix", type=Path, default=Path("build", "ros2"), help="where to")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run with it")
    given = parser.parse_args()
    try:
        install(wanted_folders(given.sources), given.prefix.absolute())
    except SourcesError as error:
        print(f"ros2_from_sources: {error}", file=sys.stderr)
        return 1
    environment = environment_of(given.prefix.absolute())
    if given.command:
        os.environ.update(environment)
        os.execvp(given.command[0], given.command)
    print("\n".join(f"export {name}={shlex.quote(text)}" for name, text in environment.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
