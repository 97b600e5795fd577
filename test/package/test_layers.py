"""Guards the architecture: imports go down only, and the core knows nothing of ROS."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest
from support.imports import imported_modules

PACKAGE = Path(__file__).resolve().parents[2] / "handseg_ros"
LAYER = {
    "segmentation": 0,
    "tracking": 1,
    "depth": 1,
    "image_messages": 2,
    "media": 2,
    "outputs": 2,
    "bags": 2,
    "cluster": 2,
    "datasets": 3,
    "capture": 3,
    "labelling": 3,
    "evaluation": 3,
    "curation": 3,
    "model_import": 3,
    "onnx_export": 3,
    "training": 3,
    "nodes": 4,
    "cli": 4,
    "latency": 4,
    "demo": 4,
    "web": 4,
}
INTERFACES = 4
SAME_LAYER = {
    ("media", "image_messages"),
    ("outputs", "image_messages"),
    ("bags", "image_messages"),
    ("bags", "outputs"),
    ("bags", "media"),
    ("capture", "datasets"),
    ("evaluation", "datasets"),
    ("curation", "datasets"),
    ("labelling", "datasets"),
    ("curation", "evaluation"),
    ("training", "curation"),
    ("training", "datasets"),
    ("training", "evaluation"),
    ("model_import", "evaluation"),
    ("onnx_export", "evaluation"),
    ("demo", "nodes"),
    ("latency", "nodes"),
    ("cli", "latency"),
    ("cli", "web"),
    ("web", "nodes"),
}
# Each folder of nodes/ imports those before it only.
ORDER_IN_NODES = ("input", "depth", "outputs", "background", "diagnostics", "pipeline", "source")
GENERATED = ("handseg_ros.msg", "handseg_ros.srv")
ROS = ("rclpy", "sensor_msgs", "std_msgs", "geometry_msgs", *GENERATED, "launch")


def folders_imported(path: Path) -> set[str]:
    """The package's own folders that a file imports from."""
    parts = (module.split(".") for module in imported_modules(path))
    return {part[1] for part in parts if part[0] == "handseg_ros" and len(part) > 1}


def test_every_folder_has_a_layer() -> None:
    """A new folder must be given its layer."""
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(LAYER)


@pytest.mark.parametrize("folder", sorted(LAYER))
def test_imports_go_down_only(folder: str) -> None:
    """A folder imports itself and lower layers; one of its own layer only where that is agreed."""
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for other in folders_imported(path) - {folder, "msg", "srv"}:
            allowed = LAYER[other] < LAYER[folder] or (folder, other) in SAME_LAYER
            assert allowed, f"{path.relative_to(PACKAGE)} imports handseg_ros.{other}"


@pytest.mark.parametrize(
    "folder", sorted(name for name, layer in LAYER.items() if layer < INTERFACES)
)
def test_only_interfaces_know_ros(folder: str) -> None:
    """All other layers run where there is no ROS."""
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for module in imported_modules(path):
            assert not module.startswith(ROS), f"{path.relative_to(PACKAGE)} imports {module}"


def test_folders_of_nodes_do_not_import_each_other_in_circles() -> None:
    """What a frame passes later knows what it passed before, never the other way round."""
    nodes = PACKAGE / "nodes"
    assert {path.parent.name for path in nodes.glob("*/__init__.py")} == set(ORDER_IN_NODES)
    for index, folder in enumerate(ORDER_IN_NODES):
        later = tuple(f"handseg_ros.nodes.{other}." for other in ORDER_IN_NODES[index + 1 :])
        for path in sorted((nodes / folder).glob("*.py")):
            for module in imported_modules(path):
                assert not f"{module}.".startswith(later), f"{folder}/{path.name} imports {module}"


def test_the_package_does_not_import_tools_of_the_repository() -> None:
    """They stay in the repository, and build on the package only."""
    folder = PACKAGE.parent / "tools"
    tools = tuple(f"{path.parent.name}." for path in folder.glob("*/__init__.py"))
    assert "rendering." in tools
    for path in sorted(PACKAGE.rglob("*.py")):
        assert not any(f"{module}.".startswith(tools) for module in imported_modules(path)), path


def test_torch_is_needed_for_training_only() -> None:
    """Users of the node do not install PyTorch."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] != "training":
            assert not any(module.startswith("torch") for module in imported_modules(path)), path
