"""Guards the page on robots: links, parameters, topics and fields are those of the code."""

from __future__ import annotations

import ast
import re

from grasp_filter import SPECS
from handseg_ros.msg import HandInstance, HandInstances
from support.checkout import ROOT

from handseg_ros.nodes.answers.topics import PER_FRAME

PAGE = (ROOT / "docs" / "robots.md").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def test_parameters_are_the_example_s() -> None:
    told = re.findall(r"^\| `(\w+)` \| `([\d.]+)` \| (.*) \|$", PAGE, re.M)
    assert told == [(spec.name, str(spec.default), spec.description) for spec in SPECS]


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
    files = (ROOT / "examples" / "grasp_filter.launch.py", ROOT / "launch" / "handseg.launch.py")
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    declared = set(re.findall(r'DeclareLaunchArgument\(\s*"(\w+)"', source))
    (command,) = re.findall(r"grasp_filter\.launch\.py (bag.*?)```", PAGE, re.S)
    given = set(re.findall(r"(\w+):=", command))
    assert given
    assert given <= declared
