"""Guards that every family's decoder finds the same four hands in what its networks would give."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.guide import EXAMPLES
from support.scene import check
from support.scene_outputs import scene_outputs, scene_transform

from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import ModelDescription, parse_description
from handseg_ros.segmentation.hands import DecodedInstances
from handseg_ros.segmentation.model_store import models_folder
from handseg_ros.segmentation.session import read_description

FOREIGN = {
    description.name: description
    for description in (parse_description(text, "the page") for text in EXAMPLES)
}
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "softmax of three": ("hand-object", {"activation": "softmax"}),
    "independent sigmoids": (
        "hand-object",
        {"classes": ("hand", "object"), "activation": "sigmoid"},
    ),
    "argmax of two": ("deeplab-hands", {"activation": "argmax"}),
    "pasted masks": ("mask-rcnn-hands", {"mask_covers": "image"}),
    "a detector of objects": ("mask-rcnn-hands", {"classes": ("background", "hand", "object")}),
    "end to end": ("yolo-hands", {"nms_iou_threshold": None}),
    "YOLO of objects": ("yolo-hands", {"classes": ("left_hand", "right_hand", "object")}),
}


def _decode(description: ModelDescription, outputs: dict[str, np.ndarray]) -> DecodedInstances:
    transform = scene_transform(description, _input_size(description))
    decode = DECODERS[description.family].decode
    return decode(outputs, transform, description, description.thresholds)


def _input_size(description: ModelDescription) -> tuple[int, int]:
    return description.input.height, description.input.width


def _assert_found(description: ModelDescription) -> DecodedInstances:
    found = _decode(description, scene_outputs(description, _input_size(description)))
    check(found)
    return found


@pytest.mark.parametrize("name", FOREIGN)
def test_the_guide_s_examples_find_the_hands(name: str) -> None:
    _assert_found(FOREIGN[name])


@pytest.mark.parametrize("change", CHANGES)
def test_other_descriptions_find_them_too(change: str) -> None:
    name, fields = CHANGES[change]
    description = replace(FOREIGN[name], **fields)
    found = _assert_found(description)
    assert (found.objects is not None) == ("object" in description.classes)


@pytest.mark.parametrize("file", sorted(models_folder().glob("*.onnx")), ids=lambda file: file.stem)
def test_the_models_that_ship_find_them(file: Path) -> None:
    _assert_found(read_description(file))


@pytest.mark.parametrize("name", FOREIGN)
def test_a_hand_that_is_not_found_is_noticed(name: str) -> None:
    found = _assert_found(FOREIGN[name])
    with pytest.raises(ValueError, match="3 hands were found, but 4 are there"):
        check(replace(found, hands=found.hands[1:]))
    with pytest.raises(ValueError, match=r"number \d was found with an IoU of 0\.00"):
        check(replace(found, hands=found.hands[1:2] + found.hands[1:]))


def test_an_object_that_is_not_touched_is_noticed() -> None:
    found = _assert_found(FOREIGN["hand-object"])
    apart = tuple(replace(hand, touches=()) for hand in found.hands)
    with pytest.raises(ValueError, match="0 hands touch the object, but one should"):
        check(replace(found, hands=apart))
    with pytest.raises(ValueError, match="0 objects were found, but 1 are there"):
        check(replace(found, objects=()))
