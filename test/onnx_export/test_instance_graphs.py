"""Guards that single hands of a graph are those of the core, of every family, to the pixel."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.guide import example
from support.instance_graphs import Reader
from support.scene import FRAME
from support.scene_outputs import scene_outputs
from support.zero_network import write_zero_network

from handseg_ros.segmentation.description import ModelDescription, Thresholds, parse_description
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS, Size, letterbox
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.session import read_description

FRAMES = [FRAME, (333, 500), (640, 97), (90, 120)]

DETECTORS: dict[str, tuple[str, dict[str, Any]]] = {
    "Mask R-CNN": ("mask-rcnn-hands", {}),
    "pasted masks": ("mask-rcnn-hands", {"mask_covers": "image"}),
    "objects": ("mask-rcnn-hands", {"classes": ("background", "hand", "object")}),
    "left and right": ("mask-rcnn-hands", {"classes": ("background", "left_hand", "right_hand")}),
    "YOLO": ("yolo-hands", {}),
    "YOLO, end to end": ("yolo-hands", {"nms_iou_threshold": None}),
    "YOLO of objects": ("yolo-hands", {"classes": ("left_hand", "right_hand", "object")}),
    "RF-DETR": ("rf-detr-hands", {}),
    "RTMDet": ("rtmdet-hands", {}),
}


def _described(name: str, fields: dict[str, Any]) -> ModelDescription:
    described = parse_description(yaml.safe_dump(example(name)), "the page")
    resize = "letterbox" if described.input.resize == "none" else described.input.resize
    return replace(described, input=replace(described.input, resize=resize), **fields)


def _network(description: ModelDescription, folder: Path) -> onnx.ModelProto:
    write_zero_network(folder / "zero.onnx", description)
    return onnx.load(str(folder / "zero.onnx"))


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_s_hands_are_the_core_s(name: str, tmp_path: Path) -> None:
    description = _described(*DETECTORS[name])
    reader = Reader.of(description, _network(description, tmp_path))
    size = description.input.height, description.input.width
    outputs = scene_outputs(description, size)
    for frame in FRAMES:
        transform = RESIZE_TRANSFORMS[description.input.resize](frame, size)
        reader.assert_the_core_s(outputs, transform)
    nothing = {role: np.zeros_like(values) for role, values in outputs.items()}
    assert not reader.assert_the_core_s(nothing, transform).hands


# Discs of cells: where, how large, how sure, where their offsets lead, and whether a peak is there.
_DISCS = st.lists(
    st.tuples(
        st.integers(0, 79), st.integers(0, 63), st.integers(1, 14), st.floats(0.5, 6.0),
        st.integers(-12, 12), st.booleans(), st.floats(-3.0, 3.0),
    ),
    max_size=7,
)  # fmt: skip


def _painted(discs: list[tuple[int, int, int, float, int, bool, float]]) -> np.ndarray:
    """Return maps, float32 (1, 5, 64, 80), of discs, with some noise so that nothing is equal."""
    numbers = np.random.default_rng(len(discs))
    maps = numbers.normal(0.0, 0.1, (5, 64, 80)).astype(np.float32)
    maps[:2] -= 5.0
    rows, columns = np.mgrid[:64, :80]
    for column, row, radius, sure, beside, has_peak, side in discs:
        squared = (columns - column) ** 2 + (rows - row) ** 2
        inside = squared <= radius**2
        maps[0][inside] += 4.5 + sure
        maps[2][inside] = (column + beside - columns[inside]) * 4
        maps[3][inside] = (row - rows[inside]) * 4
        maps[4][inside] = side
        if has_peak:
            maps[1] = np.maximum(maps[1], 4.0 - 0.3 * squared)
    return maps[None]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Return the reader of the shipped model's maps at 320x256, of hands with a least area."""
    description = read_description(find_model("hands"))
    image = replace(description.input, width=320, height=256)
    thresholds = Thresholds(score=0.3, mask=0.6, minimum_area=0.0005)
    description = replace(description, input=image, thresholds=thresholds)
    return Reader.of(description, _network(description, tmp_path_factory.mktemp("zero")))


@given(_DISCS, st.sampled_from([(120, 160), (151, 97), (40, 200), (256, 320)]))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_hands_of_painted_maps_are_the_core_s(
    reader: Reader, discs: list[tuple[int, int, int, float, int, bool, float]], frame: Size
) -> None:
    reader.assert_the_core_s({"maps": _painted(discs)}, letterbox(frame, (256, 320)))


def test_touching_hands_and_fragments_are_parted_alike(reader: Reader) -> None:
    apart = [(24, 30, 10, 4.0, 0, True, 3.0), (40, 30, 10, 4.5, 0, True, -3.0)]
    fragment = (24, 46, 2, 4.0, 0, True, 0.0)
    maps = _painted([*apart, fragment])
    # The fragment's own offsets lead to the hand above it.
    maps[0, 3, 44:50, 20:29] = -64.0
    transform = letterbox((240, 320), (256, 320))
    assert len(reader.assert_the_core_s({"maps": maps}, transform).hands) == 2


def test_many_hands_are_found_alike(reader: Reader) -> None:
    discs = [
        (column, row, 3, 3.0 + 0.01 * (column + row), 0, True, 2.0)
        for column in range(5, 80, 10)
        for row in range(5, 64, 10)
    ]
    found = reader.assert_the_core_s({"maps": _painted(discs)}, letterbox((256, 320), (256, 320)))
    assert len(found.hands) == len(discs)


def test_no_more_hands_than_asked_for(reader: Reader, tmp_path: Path) -> None:
    network = _network(reader.description, tmp_path)
    few = Reader.of(reader.description, network, max_hands=2)
    maps = _painted([(column, 20, 5, 4.0, 0, True, 2.0) for column in (10, 30, 50, 70)])
    transform = letterbox((240, 320), (256, 320))
    every, best = (one.found({"maps": maps}, transform) for one in (reader, few))
    assert len(every.scores) == 4
    np.testing.assert_array_equal(best.rois, every.rois[:2])
    np.testing.assert_array_equal(best.masks, every.masks[:2])
