"""Guards that a standalone graph, run by ONNX Runtime alone, gives the masks of the core."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import yaml
from onnx import TensorProto, helper
from support.assets import CLIP, PICTURE
from support.disguised import disguise
from support.foreign import described, write_description

from handseg_ros.media.sources import open_source
from handseg_ros.onnx_export.graph_conversion import open_model
from handseg_ros.onnx_export.standalone import Standalone
from handseg_ros.segmentation.description import STANDALONE_KEY, parse_description
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter

# Share of pixels that may differ: cells are interpolated in another order.
TOLERANCE = 1e-5
# Pixels of the clip, 320x240, that a piece of the mask covers which is no hand: two cells alone.
SPECK = 16
SIZES = [(480, 640), (100, 130), (720, 1280), (641, 97)]
LEFT_AS_IT_IS = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
CAFFE = ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0))

Disguise = dict[str, Any]
FOREIGN: dict[str, tuple[Disguise, dict[str, Any]]] = {
    "softmax": ({"weights": (-0.5, 0.5)}, {"input": LEFT_AS_IT_IS}),
    "three classes": (
        {"weights": (-0.5, 0.5, -1.0)},
        {"input": LEFT_AS_IT_IS, "classes": ["background", "hand", "third"]},
    ),
    "letterbox": (
        {"weights": (-0.5, 0.5)}, {"input": {**LEFT_AS_IT_IS, "resize": "letterbox"}},
    ),
    "letterbox in the middle": (
        {"weights": (-0.5, 0.5)}, {"input": {**LEFT_AS_IT_IS, "resize": "letterbox_centre"}},
    ),
    "crop": ({"weights": (-0.5, 0.5)}, {"input": {**LEFT_AS_IT_IS, "resize": "crop"}}),
    "sigmoid, BGR, caffe": (
        {"colour": "BGR", "scale": 1.0, "statistics": CAFFE},
        {
            "classes": ["hand"],
            "activation": "sigmoid",
            "input": {"colour": "BGR", "scale": 1.0, "mean": CAFFE[0], "std": CAFFE[1]},
            "thresholds": {"score": 0.0, "mask": 0.3, "minimum_area": 0.0},
        },
    ),
    "channels last": (
        {"layout": "NHWC", "size": (128, 160), "weights": (1.0, -1.0), "activation": "Softmax"},
        {
            "classes": ["hand", "background"],
            "activation": "none",
            "output_layout": "NHWC",
            "input": {
                **LEFT_AS_IT_IS, "layout": "NHWC", "width": 160, "height": 128, "size": "fixed"
            },
        },
    ),
    "hand and object": (
        {"weights": (0.0, 1.0, -0.1)},
        {
            "family": "hand_object",
            "classes": ["background", "hand", "object"],
            "activation": "argmax",
            "input": LEFT_AS_IT_IS,
        },
    ),
}  # fmt: skip


def _frame(height: int, width: int) -> np.ndarray:
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def _parts(segmenter: Segmenter, **changes: Any) -> Standalone:
    network = onnx.load(str(segmenter.session.path))
    parts = Standalone(network, segmenter.description, segmenter.input_size, "RGB")
    return replace(parts, **changes)


def _assert_same(
    segmenter: Segmenter, session: onnxruntime.InferenceSession, frame: np.ndarray
) -> None:
    every = replace(segmenter.description.thresholds, score=0.0, minimum_area=0.0)
    wanted = segmenter.segment(frame, every)
    image = np.ascontiguousarray(frame[..., ::-1])
    mask, *objects = session.run(None, {"image": image})
    assert set(np.unique(mask)) <= {0, 255}
    assert mask.dtype == np.uint8
    assert np.mean(mask != wanted.mask()) <= TOLERANCE
    if wanted.objects is not None:
        assert np.mean(objects[0] != wanted.object_mask()) <= TOLERANCE


def _assert_same_but_specks(
    segmenter: Segmenter, session: onnxruntime.InferenceSession, frame: np.ndarray
) -> None:
    """The graph has each pixel above the threshold, also where all that hangs together is too
    small to be judged a hand; in all else both are the same."""
    every = replace(segmenter.description.thresholds, score=0.0, minimum_area=0.0)
    wanted = segmenter.segment(frame, every).mask()
    (mask,) = session.run(None, {"image": np.ascontiguousarray(frame[..., ::-1])})
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    is_speck = (stats[:, cv2.CC_STAT_AREA] < SPECK)[pieces] & (wanted == 0)
    assert np.count_nonzero(wanted)
    assert np.mean((mask != wanted) & ~is_speck) <= TOLERANCE


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_network_s_masks_are_the_core_s(name: str, tmp_path: Path) -> None:
    how, description = FOREIGN[name]
    file = disguise(tmp_path / "foreign.onnx", **how)
    write_description(file, described(**description))
    segmenter = Segmenter.load(file)
    session = open_model(_parts(segmenter).build())
    for size in SIZES:
        _assert_same(segmenter, session, _frame(*size))
    covered = segmenter.segment(_frame(480, 640)).mask().mean() / 255
    assert 0.02 < covered < 0.5, "there should be something to compare"


def test_the_own_model_s_mask_is_the_core_s_in_a_clip() -> None:
    segmenter = Segmenter.load("hands")
    session = open_model(_parts(segmenter).build())
    for frame in list(open_source(str(CLIP)))[::12]:
        _assert_same_but_specks(segmenter, session, frame.image)
    for size in SIZES:
        _assert_same(segmenter, session, _frame(*size))


def test_a_network_may_answer_in_half_precision(tmp_path: Path) -> None:
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5))
    network = onnx.load(str(file))
    last = network.graph.node[-1]
    cast = helper.make_node("Cast", ["single"], list(last.output), to=TensorProto.FLOAT16)
    last.output[0] = "single"
    network.graph.node.append(cast)
    network.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT16
    onnx.save(network, str(file))
    write_description(file, described(input=LEFT_AS_IT_IS))
    segmenter = Segmenter.load(file)
    _assert_same(segmenter, open_model(_parts(segmenter).build()), _frame(480, 640))


def test_another_input_size_may_be_folded_in() -> None:
    segmenter = Segmenter.load(ModelOptions("hands", input_width=192, input_height=160))
    _assert_same(segmenter, open_model(_parts(segmenter).build()), _frame(480, 640))


def test_the_order_of_colours_is_the_one_that_was_asked_for() -> None:
    segmenter = Segmenter.load("hands")
    rgb, bgr = (open_model(_parts(segmenter, colour=order).build()) for order in ("RGB", "BGR"))
    frame = _frame(480, 640)
    (wanted,) = rgb.run(None, {"image": np.ascontiguousarray(frame[..., ::-1])})
    (found,) = bgr.run(None, {"image": frame})
    (wrong,) = rgb.run(None, {"image": frame})
    np.testing.assert_array_equal(found, wanted)
    assert (wrong != wanted).mean() > 10 * TOLERANCE


def test_the_file_says_what_it_is_and_what_it_came_from() -> None:
    segmenter = Segmenter.load("hands")
    model = _parts(segmenter).build()
    onnx.checker.check_model(model, full_check=True)
    facts = {item.key: item.value for item in model.metadata_props}
    assert facts["licence"] == segmenter.description.licence
    known = yaml.safe_load(facts[STANDALONE_KEY])
    assert known["input"]["colour"] == "RGB"
    assert known["outputs"] == ["mask"]
    source = parse_description(yaml.safe_dump(known["source"]), "the file")
    assert source == segmenter.description
    assert "uint8" in model.doc_string
    assert {item.domain for item in model.opset_import} == {""}
    assert len(model.opset_import) == 1


def test_images_at_their_own_size_are_refused(tmp_path: Path) -> None:
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5))
    write_description(file, described(input={"resize": "none"}))
    with pytest.raises(ModelError, match=r"resize: none.*letterbox, "):
        _parts(Segmenter.load(file)).build()


@pytest.mark.parametrize("family", ["telepathy", "yolo_seg"])
def test_a_family_without_a_graph_is_refused_by_name(family: str) -> None:
    segmenter = Segmenter.load("hands")
    description = replace(segmenter.description, family=family)
    families = "bottom_up, frame_background, hand_object, semantic"
    with pytest.raises(ModelError, match=rf"{family}.*{families}"):
        _parts(segmenter, description=description).build()
