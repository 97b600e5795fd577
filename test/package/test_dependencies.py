"""Guards what the package says it needs: package.xml, wheel, pins and imports tell the same."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from catkin_pkg.package import Package, parse_package
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.imports import imported_distributions

from handseg_ros.segmentation.extras import EXTRAS, install_command

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "handseg_ros"
PYPROJECT = ROOT / "pyproject.toml"

# What is imported: the rosdep key and the wheel that bring it. None: that world lacks it, or
# leaves it to an extra, and the code asks before it imports it.
SOURCES: dict[str, tuple[str | None, str | None]] = {
    "anyio": (None, None),
    "ament_index_python": ("ament_index_python", "ros-ament-index-python"),
    "backports": (None, None),
    "builtin_interfaces": ("builtin_interfaces", "ros-builtin-interfaces"),
    "cv2": ("python3-opencv", "opencv-python-headless"),
    "cv_bridge": ("cv_bridge", None),
    "diagnostic_msgs": ("diagnostic_msgs", "ros-diagnostic-msgs"),
    "fastapi": (None, None),
    "foxglove": (None, None),
    "geometry_msgs": ("geometry_msgs", "ros-geometry-msgs"),
    "jinja2": ("python3-jinja2", None),
    "launch": ("launch", None),
    "launch_ros": ("launch_ros", None),
    "lifecycle_msgs": ("lifecycle_msgs", "ros-lifecycle-msgs"),
    "numpy": ("python3-numpy", "numpy"),
    "onnx": (None, None),
    "onnxruntime": ("python3-onnxruntime-pip", "onnxruntime"),
    "prometheus_client": (None, None),
    "pycocotools": (None, None),
    "pydantic": (None, None),
    "rcl_interfaces": ("rcl_interfaces", "ros-rcl-interfaces"),
    "rclpy": ("rclpy", "ros-rclpy"),
    "ray": (None, None),
    "rosbags": ("python3-rosbags-pip", None),
    "scipy": ("python3-scipy", "scipy"),
    "rosgraph_msgs": ("rosgraph_msgs", "ros-rosgraph-msgs"),
    "sensor_msgs": ("sensor_msgs", "ros-sensor-msgs"),
    "starlette": (None, None),
    "std_msgs": ("std_msgs", "ros-std-msgs"),
    "tqdm": ("python3-tqdm", "tqdm"),
    "uvicorn": (None, None),
    "vision_msgs": ("vision_msgs", None),
    "visualization_msgs": ("visualization_msgs", "ros-visualization-msgs"),
    "yaml": ("python3-yaml", "pyyaml"),
}
# Imported by the generated messages and by rclpy.lifecycle: the rosdep keys and the wheels.
INDIRECT_KEYS = {"geometry_msgs", "lifecycle_msgs", "rosidl_default_runtime"}
# Of the commands that documentation shows.
COMMAND_KEYS = {"ros2launch", "ros2run"}
INDIRECT_WHEELS = {
    "ros-geometry-msgs",
    "ros-lifecycle-msgs",
    "ros-rosidl-default-runtime",
}


@pytest.fixture(scope="module")
def manifest() -> Package:
    """package.xml as ROS tools read it."""
    return parse_package(str(ROOT / "package.xml"))


def loaded_by_name() -> set[str]:
    """The packages of messages that outputs are made of, by type names such as `pkg/msg/Name`."""
    files = [*(PACKAGE / "outputs").glob("*.py"), PACKAGE / "image_messages" / "detections.py"]
    names = {name for path in files for name in re.findall(r'"(\w+)/msg/\w+"', path.read_text())}
    assert {"vision_msgs", "visualization_msgs"} <= names
    return names


def needed_to_run() -> set[str]:
    """Everything that is imported outside training, Python's own library and ourselves left out."""
    folders = [path for path in PACKAGE.iterdir() if path.is_dir() and path.name != "training"]
    folders += [ROOT / "launch", ROOT / "examples"]
    imported = set().union(*(imported_distributions(path) for path in folders)) | loaded_by_name()
    return imported - set(sys.stdlib_module_names) - {"handseg_ros", "__future__"}


def wheel_requirements(extra: str = "") -> dict[str, Requirement]:
    """The installed distribution's requirements, by name."""
    lines = (Requirement(line) for line in metadata.requires("handseg_ros") or ())
    return {
        canonicalize_name(line.name): line
        for line in lines
        if not line.marker or line.marker.evaluate({"extra": extra})
    }


def test_manifest_is_valid(manifest: Package) -> None:
    """ROS tools accept the manifest, and it is about the version that is installed."""
    warnings: list[str] = []
    manifest.validate(warnings=warnings)
    assert warnings == []
    assert manifest.version == metadata.version("handseg_ros")
    assert manifest.licenses == ["Apache-2.0"]
    assert "rosidl_interface_packages" in [group.name for group in manifest.member_of_groups]


def test_the_citation_is_of_this_version() -> None:
    """Who cites the package cites what is here."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == metadata.version("handseg_ros")
    assert cited["license"] == "Apache-2.0"


def test_every_import_has_a_source() -> None:
    """A new import must be declared in both worlds."""
    assert needed_to_run() <= set(SOURCES)


def test_manifest_names_what_is_imported(manifest: Package) -> None:
    """rosdep installs all that is needed, and nothing that is not."""
    declared = {dependency.name for dependency in manifest.exec_depends}
    keys = {SOURCES[name][0] for name in needed_to_run()} - {None}
    assert declared == keys | INDIRECT_KEYS | COMMAND_KEYS | started_by_launch_files()


def started_by_launch_files() -> set[str]:
    """The packages whose programs and `ros2` commands the launch files start, but for ourselves."""
    folders = (ROOT / "launch", ROOT / "examples")
    texts = [path.read_text() for folder in folders for path in folder.glob("*.launch.py")]
    packages = {name for text in texts for name in re.findall(r'package="(\w+)"', text)}
    commands = {name for text in texts for name in re.findall(r'"ros2", "(\w+)"', text)}
    packages |= {name for name in ("usb_cam",) if any(f'"{name}"' in text for text in texts)}
    assert {"rviz2", "usb_cam"} <= packages
    assert "bag" in commands
    return packages - {"handseg_ros"} | {f"ros2{name}" for name in commands}


def test_wheel_requires_what_is_imported() -> None:
    """pip installs all that is needed, and nothing that is not."""
    wheels = {SOURCES[name][1] for name in needed_to_run()} - {None}
    assert set(wheel_requirements()) == wheels | INDIRECT_WHEELS


def test_the_build_has_what_setup_asks_the_version_of() -> None:
    """In build isolation nothing else is there."""
    script = (ROOT / "setup.py").read_text()
    (listed,) = re.findall(r"^ROS_REQUIREMENTS = \((.*?)^\)", script, re.M | re.S)
    asked = {Requirement(name).name for name in re.findall(r'"(.+?)"', listed)}
    (listed,) = re.findall(r"^requires = \[(.*?)^\]", PYPROJECT.read_text(), re.M | re.S)
    brought = {Requirement(name).name for name in re.findall(r'"(.+?)",$', listed, re.M)}
    assert "ros-rclpy" in asked
    assert asked <= brought


def test_wheel_is_bound_to_the_release_it_was_built_against() -> None:
    """Messages compiled against one ROS distribution load with no other."""
    installed = metadata.version("ros-rclpy")
    specifier = wheel_requirements()["ros-rclpy"].specifier
    assert installed in specifier
    assert "7.1.6" not in specifier or "9.1.2" not in specifier


def test_no_requirement_takes_a_package_of_another_distribution() -> None:
    """pip would mix them, or look through them for minutes."""
    pins = {name: _pins_of_ros(name) for name in ("jazzy", "kilted")}
    (own,) = (name for name in pins if pins[name]["ros-rclpy"] == metadata.version("ros-rclpy"))
    (other,) = pins.keys() - {own}
    compared = 0
    for name, requirement in wheel_requirements().items():
        if name in pins[own]:
            assert pins[own][name] in requirement.specifier
            assert pins[other][name] not in requirement.specifier, requirement
            compared += 1
    assert compared > 10


def _pins_of_ros(distribution: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{distribution}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^(ros-[\w-]+)==(\S+)", text, re.MULTILINE))


def test_pins_satisfy_what_is_required() -> None:
    """What `make` installs is what the wheel asks for."""
    for name, requirement in wheel_requirements().items():
        assert metadata.version(name) in requirement.specifier, requirement


def test_training_is_an_extra() -> None:
    """PyTorch comes with `pip install handseg_ros[train]` only."""
    assert "torch" in wheel_requirements("train")
    assert "torch" not in wheel_requirements()


def test_clusters_are_an_extra() -> None:
    """Ray comes with `pip install handseg_ros[cluster]` only, in the version that is pinned."""
    assert "ray" not in wheel_requirements()
    pins = (ROOT / "requirements" / "train.txt").read_text(encoding="utf-8")
    pinned = re.search(r"^ray==(\S+)", pins, re.MULTILINE)
    assert pinned is not None
    assert pinned[1] in wheel_requirements("cluster")["ray"].specifier


def test_export_is_an_extra() -> None:
    """onnx comes with `pip install handseg_ros[export]`, in the version that is pinned."""
    assert "onnx" not in wheel_requirements()
    requirement = wheel_requirements("export")["onnx"]
    assert metadata.version("onnx") in requirement.specifier


def test_recordings_are_an_extra_of_what_scoring_needs() -> None:
    """`pip install handseg_ros[bags]` brings what reads and writes recordings, and no more."""
    own = set(wheel_requirements("bags")) - set(wheel_requirements())
    assert own == {"backports-zstd", "rosbags"}
    for name in own:
        assert wheel_requirements("bags")[name].specifier == (
            wheel_requirements("evaluate")[name].specifier
        )


@pytest.mark.parametrize("name", ["backports-zstd", "jinja2", "pycocotools", "rosbags"])
def test_what_scoring_needs_is_an_extra(name: str) -> None:
    """It comes with `pip install handseg_ros[evaluate]`, in the version that is pinned."""
    assert name not in wheel_requirements()
    requirement = wheel_requirements("evaluate")[name]
    assert metadata.version(name) in requirement.specifier


def test_the_service_is_an_extra() -> None:
    """`pip install handseg_ros[web]` brings it, in the versions that are pinned."""
    wanted = wheel_requirements("web")
    own = set(wanted) - set(wheel_requirements())
    assert {"fastapi", "uvicorn"} <= own
    for name in own:
        assert metadata.version(name) in wanted[name].specifier


def test_foxglove_is_an_extra() -> None:
    """`pip install handseg_ros[foxglove]` brings its SDK, in the version that is pinned."""
    assert "foxglove-sdk" not in wheel_requirements()
    wanted = wheel_requirements("foxglove")["foxglove-sdk"]
    assert metadata.version("foxglove-sdk") in wanted.specifier


def test_extras_are_told_in_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package is told by the extra that pip knows, elsewhere by what pip would get."""
    for extra, requirements in EXTRAS.items():
        assert install_command(extra) == f"pip install 'handseg_ros[{extra}]'"
        listed = {str(canonicalize_name(Requirement(line).name)): line for line in requirements}
        known = wheel_requirements(extra)
        own = {name for name in known if name not in wheel_requirements()}
        assert set(listed) == own
        assert all(Requirement(listed[name]).specifier == known[name].specifier for name in own)

    def unknown(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", unknown)
    assert install_command("export") == "pip install 'onnx>=1.16'"
    assert "'jinja2>=3.0' 'pycocotools>=2.0.7' 'rosbags" in install_command("evaluate")
