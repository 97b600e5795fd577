"""Guards that what exporters write runs: through import, and with a description by hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto
from support import skin_network as skin
from support.foreign import described, write_description
from support.skin_network import SIDE, SkinNetwork, skin_picture, skin_truth

from handseg_ros.model_import.foreign_model import ForeignModel, describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.segmentation.description import ModelDescription, parse_description
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.segmenter import Segmenter

# The look is told, as guessing it has tests of its own.
KNOWN = Overrides(colour="RGB", normalisation="unit", licence="MIT")
BYTES = Overrides(colour="RGB", licence="MIT")
FREE = ("batch", "rows", "columns", 3)

# Each with what is wished for, and what a description by hand says of it.
CASES: dict[str, tuple[SkinNetwork, Overrides, dict[str, Any]]] = {
    "probability with a channel": (
        SkinNetwork({"output": skin.probability}), KNOWN,
        {"classes": ["hand"], "activation": "none"},
    ),
    "probability without a channel": (
        SkinNetwork({"output": skin.flat_probability}, axes={"output": 3}), KNOWN,
        {"classes": ["hand"], "activation": "none", "output_layout": "NHW"},
    ),
    "class numbers, int64": (
        SkinNetwork({"output": skin.numbers}, axes={"output": 3}, kinds={"output": skin.INT64}),
        KNOWN, {"activation": "class_map", "output_layout": "NHW"},
    ),
    "class numbers, int32, in a channel": (
        SkinNetwork({"output": skin.numbers_in_a_channel}, kinds={"output": skin.INT32}),
        KNOWN, {"activation": "class_map"},
    ),
    "class numbers, bytes": (
        SkinNetwork({"output": skin.numbers}, axes={"output": 3}, kinds={"output": skin.UINT8}),
        KNOWN, {"activation": "class_map", "output_layout": "NHW"},
    ),
    "a mask of 0 and 255": (
        SkinNetwork({"output": skin.whiteness}, kinds={"output": skin.UINT8}), KNOWN,
        {"classes": ["hand"], "activation": "none", "output_scale": 1 / 255},
    ),
    "a mask of 0 and 255 as single precision": (
        SkinNetwork({"output": skin.whiteness}), KNOWN,
        {"classes": ["hand"], "activation": "none", "output_scale": 1 / 255},
    ),
    "bytes in, a mask out, no batch": (
        SkinNetwork(
            {"output": skin.flat_whiteness}, "HWC", ("h", "w", 3), skin.UINT8, 1.0,
            axes={"output": 2}, kinds={"output": skin.UINT8},
        ),
        BYTES,
        {
            "classes": ["hand"], "activation": "none", "output_scale": 1 / 255,
            "output_layout": "HW",
            "input": {"layout": "HWC", "dtype": "uint8", "resize": "none", "size": "free"},
        },
    ),
    "half precision in and out": (
        SkinNetwork({"output": skin.logit}, kind=skin.FLOAT16, kinds={"output": skin.FLOAT16}),
        KNOWN,
        {"classes": ["hand"], "activation": "sigmoid", "input": {"dtype": "float16"}},
    ),
    "a batch of four": (
        SkinNetwork({"output": skin.probability}, shape=(4, 3, SIDE, SIDE)), KNOWN,
        {"classes": ["hand"], "activation": "none", "input": {"batch": 4}},
    ),
    "a switch and a number beside the image": (
        SkinNetwork(
            {"output": skin.probability},
            switches={"training": (TensorProto.BOOL, ()), "shift": (TensorProto.INT64, (1, 2))},
        ),
        Overrides(
            colour="RGB", normalisation="unit", licence="MIT", constants={"shift": (0.0, 7.0)}
        ),
        {
            "classes": ["hand"], "activation": "none",
            "input": {"constants": {"training": False, "shift": [0, 7]}},
        },
    ),
    "channels last, every size free": (
        SkinNetwork({"output": skin.logit}, "NHWC", (None, None, None, 3), scale=1.0),
        Overrides(colour="RGB", normalisation="none", licence="MIT", width=SIDE, height=SIDE),
        {
            "classes": ["hand"], "activation": "sigmoid",
            "input": {"layout": "NHWC", "scale": 1.0, "size": "free"},
        },
    ),
    "an auxiliary output in front": (
        SkinNetwork({"aux": skin.unlike, "output": skin.two_classes}), KNOWN,
        {"activation": "softmax"},
    ),
}  # fmt: skip


def _by_hand(network: SkinNetwork, changes: dict[str, Any]) -> dict[str, Any]:
    own = {
        "width": SIDE, "height": SIDE, "size": "fixed", "mean": [0.0] * 3, "std": [1.0] * 3,
        **changes.get("input", {}),
    }  # fmt: skip
    description = described(**{**changes, "input": own})
    if own.get("dtype") == "uint8":
        for name in ("scale", "mean", "std"):
            del description["input"][name]
    return description


def _assert_exact(file: Path) -> None:
    picture = skin_picture()
    found = Segmenter.load(file).segment(picture)
    np.testing.assert_array_equal(found.mask() > 0, skin_truth(picture))
    assert len(found.hands) == 1
    assert 0.5 < found.hands[0].score <= 1.0


def _imported(file: Path, overrides: Overrides) -> ForeignModel:
    model = describe_foreign(file, skin_picture(), overrides)
    file.with_suffix(".yaml").write_text(model.description.to_yaml(), encoding="utf-8")
    return model


@pytest.mark.parametrize("name", CASES)
def test_it_is_imported_and_finds_what_is_there(name: str, tmp_path: Path) -> None:
    network, overrides, changes = CASES[name]
    file = network.write(tmp_path / "theirs.onnx")
    description = _imported(file, overrides).description
    _assert_exact(file)
    wanted = parse_description(yaml.safe_dump(_by_hand(network, changes)), "the test")
    assert _form(description) == _form(wanted)


@pytest.mark.parametrize("name", CASES)
def test_a_description_by_hand_can_say_it(name: str, tmp_path: Path) -> None:
    network, _, changes = CASES[name]
    file = network.write(tmp_path / "theirs.onnx")
    write_description(file, _by_hand(network, changes))
    _assert_exact(file)


def _form(description: ModelDescription) -> tuple[object, ...]:
    own = description.input
    return (
        description.family, description.classes, description.outputs,
        description.output_layout, description.activation, description.output_scale,
        own.layout, own.dtype, own.batch, own.resize, own.scale, own.size,
        dict(own.constants),
    )  # fmt: skip


def test_left_and_right_are_classes_of_a_map(tmp_path: Path) -> None:
    file = SkinNetwork({"output": skin.left_and_right}).write(tmp_path / "theirs.onnx")
    overrides = Overrides(
        classes=("background", "left_hand", "right_hand"), colour="RGB", normalisation="unit",
        licence="MIT",
    )  # fmt: skip
    description = _imported(file, overrides).description
    assert (description.family, description.activation) == ("semantic", "argmax")
    picture = skin_picture()
    found = Segmenter.load(file).segment(picture)
    np.testing.assert_array_equal(found.mask() > 0, skin_truth(picture))
    sides = {hand.side: hand for hand in found.hands}
    assert set(sides) == {Side.LEFT, Side.RIGHT}
    assert sides[Side.LEFT].centroid[0] < SIDE / 2 < sides[Side.RIGHT].centroid[0]
    assert all(hand.side_confidence == 0.5 + hand.score / 2 for hand in found.hands)


def test_a_pixel_that_both_sides_claim_is_of_one(tmp_path: Path) -> None:
    file = SkinNetwork({"output": skin.two_classes}).write(tmp_path / "theirs.onnx")
    # Both channels are near one half in all of the picture, so both sides claim all of it.
    write_description(
        file,
        _by_hand(
            SkinNetwork({}),
            {
                "classes": ["left_hand", "right_hand"], "activation": "sigmoid",
                "output_scale": 1e-6,
                "thresholds": {"score": 0.1, "mask": 0.2, "minimum_area": 0.0},
            },
        ),
    )  # fmt: skip
    found = Segmenter.load(file).segment(skin_picture())
    assert sum(hand.area for hand in found.hands) == SIDE * SIDE
    assert len(found.hands) == 1


def test_the_output_that_counts_can_be_chosen_and_others_are_named(tmp_path: Path) -> None:
    network = SkinNetwork({"first": skin.unlike, "second": skin.two_classes})
    file = network.write(tmp_path / "theirs.onnx")
    (reason,) = (
        str(inferred)
        for inferred in _imported(file, KNOWN).inferred_fields
        if inferred.field == "outputs.logits"
    )
    assert "'second' would fit too; if wrong: --output second" in reason
    model = _imported(
        file, Overrides(colour="RGB", normalisation="unit", outputs=("second",), licence="MIT")
    )
    assert model.description.outputs == {"logits": "second"}
    _assert_exact(file)
    with pytest.raises(ModelError, match=r"'first', 'second', but --output says 'third'"):
        describe_foreign(file, skin_picture(), Overrides(outputs=("third",)))


@pytest.mark.parametrize(
    ("switches", "overrides", "words"),
    [
        ({"size": (TensorProto.INT64, (2,))}, KNOWN, "--constant size=NUMBER"),
        (
            {"size": (TensorProto.INT64, (2,))},
            Overrides(constants={"size": (1.0, 2.0, 3.0)}),
            "gives it 3 numbers: give one for all, or 2",
        ),
    ],
)
def test_inputs_that_are_no_image_are_asked_for(
    switches: dict[str, Any], overrides: Overrides, words: str, tmp_path: Path
) -> None:
    network = SkinNetwork({"output": skin.probability}, switches=switches)
    file = network.write(tmp_path / "theirs.onnx")
    with pytest.raises(ModelError, match=re.escape(words)):
        describe_foreign(file, skin_picture(), overrides)


@pytest.mark.parametrize(
    ("head", "changes", "words"),
    [
        (skin.whiteness, {"classes": ["hand"], "activation": "none"}, "'output_scale'"),
        (skin.logit, {"classes": ["hand"], "activation": "none"}, "probabilities, from 0 to 1"),
        (skin.whiteness, {"activation": "class_map"}, "'activation: none', 'output_scale: 0.0039"),
        (skin.two_classes, {"activation": "class_map"}, "a class map in NCHW need 1 channels"),
        (skin.logit, {"output_layout": "NHW"}, "and 3 axes"),
    ],
)
def test_numbers_that_are_not_what_is_said_are_no_hands(
    head: skin.Head, changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    network = SkinNetwork({"output": head})
    file = network.write(tmp_path / "theirs.onnx")
    write_description(file, _by_hand(network, changes))
    with pytest.raises(ModelError, match=re.escape(words)):
        Segmenter.load(file).segment(skin_picture())


def test_a_layout_can_be_told(tmp_path: Path) -> None:
    network = SkinNetwork({"output": skin.probability}, "NHWC", (None, None, None, None))
    file = network.write(tmp_path / "theirs.onnx")
    description = Overrides(
        layout="NHWC", colour="RGB", normalisation="unit", width=SIDE, height=SIDE
    )
    assert _imported(file, description).description.input.layout == "NHWC"
    _assert_exact(file)
    with pytest.raises(ModelError, match="--layout HWC does not fit: give NCHW or NHWC"):
        describe_foreign(file, skin_picture(), Overrides(layout="HWC"))


def test_a_type_that_no_image_has_is_told_with_a_way_out_that_exists(tmp_path: Path) -> None:
    network = SkinNetwork({"output": skin.probability}, kind=TensorProto.DOUBLE)
    file = network.write(tmp_path / "theirs.onnx")
    with pytest.raises(ModelError, match=r"takes a tensor\(double\).* export it again so"):
        describe_foreign(file, skin_picture(), KNOWN)


def test_the_numbers_of_classes_without_a_name_are_other_things(tmp_path: Path) -> None:
    network = SkinNetwork(
        {"output": skin.numbers}, axes={"output": 3}, kinds={"output": skin.INT64}
    )
    file = network.write(tmp_path / "theirs.onnx")
    description = _by_hand(network, {"activation": "class_map", "output_layout": "NHW"})
    write_description(file, {**description, "classes": ["hand"]})
    picture = skin_picture()
    mask = Segmenter.load(file).segment(picture).mask() > 0
    np.testing.assert_array_equal(mask, ~skin_truth(picture))
    model = onnx.load(str(file))
    assert model.graph.output[0].type.tensor_type.elem_type == TensorProto.INT64
