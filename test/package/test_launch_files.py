"""Guards launch files and configurations where ROS launch is missing: names, defaults, topics."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from documentation.tables import parameter_file
from handseg_ros.nodes import settings
from handseg_ros.nodes.launch_arguments import mistyped, node_parameters
from handseg_ros.outputs.table import OUTPUTS

ROOT = Path(__file__).resolve().parents[2]
LAUNCH_FILES = sorted(
    path for folder in ("launch", "examples") for path in (ROOT / folder).glob("*.launch.py")
)
# What the launch files make of their arguments.
VALUES = ROOT / "handseg_ros" / "nodes" / "launch_arguments.py"
CALLS_THAT_EVALUATE = {"eval", "exec", "PythonExpression"}


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def arguments_of(path: Path) -> list[ast.Call]:
    return [call for call in calls(path) if name_of(call) == "DeclareLaunchArgument"]


def test_the_launch_files_are_there() -> None:
    names = [path.name for path in LAUNCH_FILES]

    assert names == [
        *("grasp_filter.launch.py", "cameras.launch.py", "handseg.launch.py"),
        *("replay.launch.py", "rviz.launch.py", "usb_camera.launch.py"),
    ]


@pytest.mark.parametrize("path", LAUNCH_FILES, ids=lambda path: path.name)
def test_every_argument_is_described_and_used(path: Path) -> None:
    source = path.read_text() + VALUES.read_text()
    declared = arguments_of(path)

    assert declared
    for argument in declared:
        name = ast.literal_eval(argument.args[0])
        keywords = {keyword.arg: keyword.value for keyword in argument.keywords}
        assert len(ast.literal_eval(keywords["description"])) > 15, name
        # once where it is declared, and at least once where it does something
        assert source.count(f'"{name}"') >= 2, name


@pytest.mark.parametrize("path", LAUNCH_FILES, ids=lambda path: path.name)
def test_nothing_is_evaluated(path: Path) -> None:
    assert not CALLS_THAT_EVALUATE & {name_of(call) for call in calls(path)}


def test_parameter_file_is_the_node_s_defaults() -> None:
    text = (ROOT / "config" / "hand_segmentation.yaml").read_text()

    defaults = {spec.name: spec.default for spec in settings.SPECS}
    assert yaml.safe_load(text) == {"/**": {"ros__parameters": defaults}}
    assert text == parameter_file(settings.SPECS), "write it anew: make docs-tables"


@pytest.mark.parametrize("name", ["overlay_mode", "image_transport"])
def test_choices_are_the_node_s(name: str) -> None:
    (argument,) = [
        argument
        for argument in arguments_of(ROOT / "launch" / "handseg.launch.py")
        if ast.literal_eval(argument.args[0]) == name
    ]
    keywords = {keyword.arg: keyword.value for keyword in argument.keywords}
    (spec,) = [spec for spec in settings.SPECS if spec.name == name]

    assert ast.literal_eval(keywords["choices"]) == ["", *spec.choices]


@pytest.mark.parametrize("path", LAUNCH_FILES, ids=lambda path: path.name)
def test_booleans_are_taken_in_every_spelling(path: Path) -> None:
    """Launch compares choices letter by letter, and ROS 2 users write True, too."""
    for argument in arguments_of(path):
        choices = [word.value for word in argument.keywords if word.arg == "choices"]
        for choice in choices:
            assert "true" not in ast.unparse(choice), ast.literal_eval(argument.args[0])


def test_arguments_set_parameters_of_the_node() -> None:
    every = {"model": "hands", "depth": "/depth", "use_sim_time": "TRUE"}
    every |= {"overlay_mode": "mask", "image_transport": "compressed", "cameras": "a,b"}
    specs = {spec.name: spec for spec in settings.SPECS}

    parameters = node_parameters(every)
    assert set(parameters) == set(every)
    for name in set(parameters) - {"use_sim_time"}:
        assert specs[name].refusal(parameters[name]) == ""


def test_rviz_shows_topics_that_the_node_publishes() -> None:
    content = yaml.safe_load((ROOT / "config" / "handseg.rviz").read_text())

    displays = content["Visualization Manager"]["Displays"]
    shown = {display["Topic"]["Value"] for display in displays}

    names = ("overlay", "mask", "instances_color", "points", "markers")
    assert shown == {f"/hand_segmentation/{name}" for name in names}
    published = {output.topic for output in OUTPUTS}
    assert {f"~/{name}" for name in names} <= published


def test_rviz_s_images_are_seen_by_a_person() -> None:
    """RViz shows 8-bit pictures from 0 to 255, so ids would be black."""
    content = yaml.safe_load((ROOT / "config" / "handseg.rviz").read_text())
    topics = {f"/hand_segmentation/{output.name}": output for output in OUTPUTS}

    for display in content["Visualization Manager"]["Displays"]:
        if display["Class"] == "rviz_default_plugins/Image":
            content_of = topics[display["Topic"]["Value"]].content
            assert content_of.startswith(("bgr8", "mono8, 0 or 255")), display["Name"]


def test_no_two_arguments_are_taken_for_each_other() -> None:
    """Names of one file must not look like another's mistyped ones."""
    names = {
        ast.literal_eval(argument.args[0])
        for path in LAUNCH_FILES
        for argument in arguments_of(path)
    }
    for name in names:
        assert mistyped(names - {name}, [f"{name}:=1"]) == []
