"""Guards the model description: what is written is read back, and a bad one is refused clearly."""

from __future__ import annotations

import pytest
import yaml

from handseg_ros.segmentation.description import (
    ModelDescription,
    Thresholds,
    parse_description,
)
from handseg_ros.segmentation.errors import ModelError


def test_a_description_survives_writing_and_reading(description: ModelDescription) -> None:
    assert parse_description(description.to_yaml(), "here") == description


def _changed(description: ModelDescription, path: str, value: object) -> str:
    fields = yaml.safe_load(description.to_yaml())
    *parents, last = path.split(".")
    place = fields
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return yaml.safe_dump(fields)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("family", None, "'family'"),
        ("format", 99, "format: 1"),
        ("input.layout", "CHWN", "CHWN"),
        ("input.dtype", "float64", "float64"),
        ("input.colour", "HSV", "HSV"),
        ("input.resize", "seam", "seam"),
        ("input.width", 100, "100"),
        ("input.multiple_of", 0, "multiple_of"),
        ("classes", [], "classes"),
        ("stride", 0, "stride"),
        ("input.colour", None, "colour"),
        ("thresholds.score", 7, "score"),
        ("thresholds.mask", 0, "mask"),
        ("thresholds.extra", 1, "extra"),
        ("classes", 3, "int"),
        ("outputs", [1, 2], "list"),
    ],
)
def test_a_bad_field_is_named_with_its_file(
    description: ModelDescription, path: str, value: object, words: str
) -> None:
    with pytest.raises(ModelError) as caught:
        parse_description(_changed(description, path, value), "models/mine.onnx")
    assert "models/mine.onnx" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "- 1\n- 2", "just words", "a: [1,", "\tb: 1"])
def test_what_is_no_yaml_mapping_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match=r"mine\.yaml"):
        parse_description(text, "mine.yaml")


@pytest.mark.parametrize(
    ("score", "mask", "area"), [(-0.1, 0.5, 0.0), (0.5, 1.0, 0.0), (0.5, 0.5, 1.5)]
)
def test_thresholds_outside_their_range_are_refused(score: float, mask: float, area: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Thresholds(score, mask, area)
