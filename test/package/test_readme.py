"""Guards README against the code: topics, parameters, messages, launch files and links are true."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from handseg_ros.cli.main import make_parser
from handseg_ros.nodes import image_source_node, settings
from handseg_ros.nodes.background import service as background_service
from handseg_ros.nodes.outputs import detection_publisher
from handseg_ros.nodes.outputs.topics import LATCHED, PER_FRAME
from handseg_ros.nodes.parameters import ParameterSpec
from handseg_ros.nodes.pipeline import segment_service

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _parameter_row(spec: ParameterSpec) -> str:
    default = str(spec.default).lower() if isinstance(spec.default, bool) else spec.default
    shown = f"`{default}`" if default != "" else "empty"
    note = " (read-only)" if spec.read_only else ""
    return f"| `{spec.name}` | {shown} | {spec.allowed} | {spec.description}{note} |"


@pytest.mark.parametrize("spec", settings.SPECS, ids=lambda spec: spec.name)
def test_every_parameter_of_the_segmentation_node_stands_there(spec: ParameterSpec) -> None:
    assert _parameter_row(spec) in _section("Parameters of hand_segmentation_node")


@pytest.mark.parametrize("spec", image_source_node.SPECS, ids=lambda spec: spec.name)
def test_every_parameter_of_the_image_source_stands_there(spec: ParameterSpec) -> None:
    assert _parameter_row(spec) in _section("Parameters of image_source_node")


@pytest.mark.parametrize(
    ("title", "specs"),
    [
        ("Parameters of hand_segmentation_node", settings.SPECS),
        ("Parameters of image_source_node", image_source_node.SPECS),
    ],
)
def test_no_parameter_stands_there_that_does_not_exist(
    title: str, specs: tuple[ParameterSpec, ...]
) -> None:
    assert re.findall(r"^\| `(\w+)`", _section(title), re.M) == [spec.name for spec in specs]


def test_every_output_topic_stands_there() -> None:
    section = _section("Topics of hand_segmentation_node")
    for topic in (*PER_FRAME, *LATCHED):
        package = topic.type.__module__.split(".")[0]
        kind = f"{package}/{topic.type.__name__}"
        assert f"| `{topic.name}` | {kind} | {topic.content} |" in section
    optional = detection_publisher.NAME
    assert (
        f"| `{optional}` | {detection_publisher.TYPE} | {detection_publisher.CONTENT} |" in section
    )
    named = set(re.findall(r"^\| `(~/[\w/]+)`", section, re.M))
    assert named == {optional, *(topic.name for topic in (*PER_FRAME, *LATCHED))}


def test_every_message_field_stands_there_as_in_its_file() -> None:
    section = _section("Messages")
    for path in sorted((ROOT / "msg").glob("*.msg")):
        for kind, name, comment in _fields(path):
            assert f"| {path.stem} | `{name}` | {kind} | {comment} |" in section


def test_every_field_of_a_service_stands_there_as_in_its_file() -> None:
    section = _section("Topics of hand_segmentation_node")
    for path in sorted((ROOT / "srv").glob("*.srv")):
        for kind, name, comment in _fields(path):
            assert f"| `{name}` | {kind} | {comment} |" in section
    for service in (background_service.SERVICE, segment_service.SERVICE):
        assert f"| field of `{service}` |" in section


def test_launch_files_named_are_those_that_exist() -> None:
    named = set(re.findall(r"`(\w+\.launch\.py)`", README))
    there = [*(ROOT / "launch").glob("*.launch.py"), *(ROOT / "examples").glob("*.launch.py")]
    assert named == {path.name for path in there}


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_commands_shown_are_understood() -> None:
    parser = make_parser()
    shown = re.findall(r"^handseg (.*?)(?:\s+#.*)?$", README, re.M)
    assert len(shown) >= 6
    for command in shown:
        assert isinstance(parser.parse_args(command.split()), argparse.Namespace)


def _section(title: str) -> str:
    (section,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.M | re.S)
    return str(section)


def _fields(path: Path) -> list[tuple[str, str, str]]:
    """Return (type, name, comment) of every field; constants are part of their field's comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pattern = re.compile(r"^(\S+) (\w+)(?: [\d.]+)?\s+# (.*)$")
    return [match.groups() for line in lines if (match := pattern.match(line))]  # type: ignore[misc]
