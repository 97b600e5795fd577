"""Guards the page on robots: links, parameters, topics and fields are those of the code."""

from __future__ import annotations

import ast
import re

from handseg_ros.msg import HandInstance, HandInstances
from support.checkout import ROOT

from handseg_ros.nodes.answers.topics import PER_FRAME

PAGE = (ROOT / "docs" / "robots.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "examples" / "grasp_filter.py").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def test_parameters_are_the_example_s() -> None:
    declared = re.findall(r'declare_parameter\("(\w+)", ([\d.]+)\)', EXAMPLE)
    assert re.findall(r"^\| `(\w+)` \| `([\d.]+)` \|", PAGE, re.M) == declared


def test_topics_are_the_node_s_or_the_example_s() -> None:
    topics = {topic.name for topic in PER_FRAME} | {"~/safe"}
    named = set(re.findall(r"`(~/[\w/]+)`", PAGE))
    assert len(named) > 4
    assert named <= topics


def test_fields_are_the_messages() -> None:
    fields = {
        *HandInstance.get_fields_and_field_types(),
        *HandInstances.get_fields_and_field_types(),
    }
    named = {
        name
        for name in re.findall(r"`(\w+)`", PAGE)
        if name.startswith(("position", "extent", "side", "track", "touched", "input_", "sequence"))
    }
    assert len(named) > 6
    assert named <= fields


def test_code_is_python_that_imports_the_messages() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    imported = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    assert "handseg_ros.msg" in {node.module for node in imported}


def test_arguments_of_the_launch_file_are_its_own() -> None:
    source = (ROOT / "examples" / "grasp_filter.launch.py").read_text(encoding="utf-8")
    declared = set(re.findall(r'DeclareLaunchArgument\(\s*"(\w+)"', source))
    (command,) = re.findall(r"grasp_filter\.launch\.py (bag.*?)```", PAGE, re.S)
    given = set(re.findall(r"(\w+):=", command))
    assert given
    assert given <= declared
