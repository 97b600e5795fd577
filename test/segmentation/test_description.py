"""Guards the model description: what is written is read back, and a bad one is refused clearly."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

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


def test_every_field_survives_writing_and_reading(description: ModelDescription) -> None:
    fed = replace(
        description.input,
        dtype="float32",
        layout="NCHW",
        size="fixed",
        resize="crop",
        scale=1 / 255,
        mean=(0.5, 0.25, 0.125),
        std=(0.1, 0.2, 0.3),
    )
    full = replace(
        description,
        input=fed,
        output_layout="NHWC",
        activation="argmax",
        colours={"hand": (255, 0, 128)},
        data_licence="any use",
        training_data=({"name": "mine", "licence": "MIT"},),
        scores={"iou": 0.5},
        intended_use="tests",
        limits="many",
    )
    assert parse_description(full.to_yaml(), "here") == full


def test_a_file_of_before_tells_nothing_of_what_its_data_allows(
    description: ModelDescription,
) -> None:
    fields = yaml.safe_load(description.to_yaml())
    del fields["data_licence"]
    assert parse_description(yaml.safe_dump(fields), "here").data_licence == "not told"


def test_a_field_s_name_of_before_is_read(description: ModelDescription) -> None:
    fields = yaml.safe_load(description.to_yaml())
    old = parse_description(yaml.safe_dump({**fields, "overlap": 0.6}), "here")
    assert old == parse_description(yaml.safe_dump({**fields, "nms_iou_threshold": 0.6}), "here")
    assert old.nms_iou_threshold == 0.6
    assert "overlap" not in old.to_yaml()
    with pytest.raises(ModelError, match="'overlap' is unknown"):
        parse_description(
            yaml.safe_dump({**fields, "overlap": 0.6, "nms_iou_threshold": 0.5}), "here"
        )


def test_a_version_that_yaml_takes_for_a_number_is_a_text(description: ModelDescription) -> None:
    text = _changed(description, "version", 1.0)
    assert parse_description(text, "here").version == "1.0"


def test_std_of_zero_is_refused(description: ModelDescription) -> None:
    text = _changed(description, "input.std", [1.0, 0.0, 1.0])
    with pytest.raises(
        ModelError, match=r"'input\.std\[1\]' is 0\.0, but must be a number greater than 0"
    ):
        parse_description(text, "here")


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
        ("family", None, "the field 'family' is missing"),
        ("format", 99, "format: 1"),
        ("input.layout", "CHWN", "CHWN"),
        ("input.dtype", "float64", "float64"),
        ("input.colour", "HSV", "HSV"),
        ("input.resize", "seam", "seam"),
        ("input.width", 100, "'input.width' is 100, but must be a multiple of 32"),
        ("input.width", 9999, "'input.width' is 9999, but must be a whole number from 1 to 4096"),
        (
            "input.multiple_of",
            0,
            "'input.multiple_of' is 0, but must be a whole number of at least 1",
        ),
        ("classes", [], "'classes' is [], but must be not empty"),
        ("stride", 0, "'stride' is 0, but must be a whole number of at least 1"),
        ("input.colour", None, "the field 'input.colour' is missing"),
        ("thresholds.score", 7, "'thresholds.score' is 7, but must be a number from 0 to 1"),
        ("thresholds.mask", 0, "'thresholds.mask' is 0, but must be a number from 0.01 to 0.99"),
        ("thresholds.extra", 1, "the field 'thresholds.extra' is unknown: its value is 1"),
        ("classes", 3, "'classes' is 3, but must be a list"),
        ("classes", "hand", "'classes' is 'hand', but must be a list"),
        ("outputs", [1, 2], "'outputs' is [1, 2], but must be a mapping"),
        ("input", 5, "'input' is 5, but must be a mapping"),
        ("classes", ["background", "foot"], "names of which one is 'hand'"),
        ("classes", ["hand", "hand"], "names that differ"),
        ("colours", {"foot": [1, 2, 3]}, "'colours' is ['foot']"),
        (
            "colours",
            {"hand": [1, 2, 300]},
            "'colours.hand[2]' is 300, but must be a whole number from 0 to 255",
        ),
        (
            "input.layout",
            "CHWN",
            "'input.layout' is 'CHWN', but must be 'NHWC', 'NCHW', 'HWC' or 'CHW'",
        ),
        ("input.size", "large", "must be 'free' or 'fixed'"),
        ("input.dtype", "float32", "'input.scale' is missing"),
        ("input.mean", [1, 2, 3], "left out where input.dtype is uint8"),
        ("activation", "relu", "'softmax', 'sigmoid', 'argmax', 'class_map' or 'none'"),
        ("output_layout", "WH", "'NHWC', 'NCHW', 'HWC', 'CHW', 'NHW' or 'HW'"),
        ("name", "", "'name' is '', but must be a text that is not empty"),
        ("thresholds.mask", "much", "'thresholds.mask' is 'much', but must be a number from"),
        ("extra", 1, "'extra' is unknown"),
    ],
)
def test_a_bad_field_is_named_with_its_file(
    description: ModelDescription, path: str, value: object, words: str
) -> None:
    with pytest.raises(ModelError) as caught:
        parse_description(_changed(description, path, value), "models/mine.onnx")
    assert "models/mine.onnx" in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- 1\n- 2", "just words", "a: [1,", "\tb: 1"])
def test_what_is_no_yaml_mapping_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match=r"mine\.yaml"):
        parse_description(text, "mine.yaml")


@pytest.mark.parametrize(
    ("score", "mask", "area"), [(-0.1, 0.5, 0.0), (0.5, 1.0, 0.0), (0.5, 0.5, 1.5)]
)
def test_thresholds_outside_their_range_are_refused(score: float, mask: float, area: float) -> None:
    with pytest.raises(ValueError, match="but must be a number from"):
        Thresholds(score, mask, area)
