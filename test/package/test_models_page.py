"""Guards the page on models of one's own: its examples run, and it names every field and family."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml
from support.checkout import ROOT
from support.foreign import write_graph
from support.guide import EXAMPLES, PAGE
from support.zero_network import write_zero_network

from handseg_ros.cli.main import make_parser
from handseg_ros.onnx_export.standalone import exported_families
from handseg_ros.segmentation import description as description_module
from handseg_ros.segmentation.decoders.detections import HAND_SIDES
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import (
    GUIDE,
    Activation,
    BoxOrder,
    InputDescription,
    InputLayout,
    MaskCover,
    ModelDescription,
    Thresholds,
    parse_description,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.segmenter import Segmenter

FAMILIES = [yaml.safe_load(text)["family"] for text in EXAMPLES]


@pytest.mark.parametrize("text", EXAMPLES, ids=FAMILIES)
def test_an_example_loads_with_a_network_of_its_shape(text: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.onnx"
    write_zero_network(file, parse_description(text, "the page"))
    file.with_suffix(".yaml").write_text(text, encoding="utf-8")
    segmenter = Segmenter.load(file)
    frame = np.zeros((120, 160, 3), np.uint8)
    if segmenter.takes_background:
        segmenter = segmenter.with_background(frame)
    assert segmenter.segment(frame).mask().shape == (120, 160)


def test_every_family_has_an_example_and_a_row() -> None:
    assert set(FAMILIES) == set(DECODERS)
    section = _section("Families")
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.M)) == set(DECODERS)
    for name, family in DECODERS.items():
        (row,) = re.findall(rf"^\| `{name}` .*$", section, re.M)
        for role in family.outputs:
            assert f"`outputs.{role}`" in row
        for field in family.fields:
            assert f"`{field}`" in row
        for known in family.classes:
            assert f"`{known}`" in row
        for second in family.inputs:
            assert f"`input.{second}`" in row


@pytest.mark.parametrize(
    ("title", "kind", "more"),
    [
        ("field", ModelDescription, {"format"}),
        ("field of `input`", InputDescription, set()),
        ("field of `thresholds`", Thresholds, set()),
    ],
)
def test_every_field_stands_there_and_no_other(title: str, kind: Any, more: set[str]) -> None:
    (table,) = re.findall(rf"^\| {re.escape(title)} \|.*\n((?:\|.*\n)+)", PAGE, re.M)
    first = re.findall(r"^\| (`[^|]*) \|", table, re.M)
    named = re.findall(r"`(\w+)`", " ".join(first))
    assert sorted(named) == sorted({field.name for field in fields(kind)} | more)


def test_every_choice_stands_there() -> None:
    choices = {*get_args(Activation), *get_args(InputLayout), *RESIZE_TRANSFORMS, *DECODERS}
    choices |= {*get_args(BoxOrder), *get_args(MaskCover), *HAND_SIDES}
    for choice in choices:
        assert f"`{choice}`" in PAGE


def test_the_sentences_quoted_are_those_of_the_code() -> None:
    folder = Path(description_module.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))
    rows = re.findall(r"^\| (`.*?) \|", _section("When it does not run"), re.M)
    quoted = re.findall(r"`([^`]+)`", "".join(rows))
    assert len(quoted) > 8
    for words in quoted:
        for part in re.split(r"…|'[\w.]+'|\d|tensor\(\w+\)", words):
            assert part.strip(" ',") in code, part


def test_errors_lead_to_the_page(tmp_path: Path) -> None:
    assert (ROOT / GUIDE).is_file()
    with pytest.raises(ModelError, match=re.escape(GUIDE)):
        parse_description("format: 1", "mine.yaml")
    write_graph(tmp_path / "mine.onnx", ("Identity", {}))
    with pytest.raises(ModelError, match=re.escape(GUIDE)):
        Segmenter.load(tmp_path / "mine.onnx")


def test_the_commands_shown_are_understood() -> None:
    parser = make_parser()
    shown = re.findall(r"^handseg (.*?)(?:\s+#.*)?$", PAGE, re.M)
    assert {command.split()[0] for command in shown} >= {"run", "import", "export"}
    for command in shown:
        assert isinstance(parser.parse_args(command.split()), argparse.Namespace)


@pytest.mark.parametrize("command", ["import", "export"])
def test_every_option_of_these_commands_stands_there(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args([command, "--help"])
    options = set(re.findall(r"(--\w[\w-]*)", capsys.readouterr().out))
    assert len(options) > 7
    for option in options - {"--help"}:
        assert option in PAGE


@pytest.mark.parametrize(
    ("title", "families"),
    [("A first description", tuple(DECODERS)), ("For other programs", exported_families())],
)
def test_the_families_that_are_guessed_and_exported_stand_there(
    title: str, families: tuple[str, ...]
) -> None:
    for family in families:
        assert f"`{family}`" in _section(title)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def _section(title: str) -> str:
    (section,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    return str(section)
