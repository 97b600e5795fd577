"""Guards that a description which does not fit its network is refused in words at once."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper
from support.foreign import described, write_description, write_graph

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter

# Three channels in, three classes out: each pixel is its own logits.
THREE = ["red", "hand", "blue"]
SAME: tuple[str, dict[str, Any]] = ("Identity", {})


def _model(folder: Path, description: dict[str, Any], **graph: Any) -> Path:
    model = folder / "small.onnx"
    write_graph(model, SAME, **graph)
    write_description(model, description)
    return model


def _told(**changes: Any) -> dict[str, Any]:
    return described(**{"classes": THREE, "activation": "argmax", **changes})


def _refusal(model: Path) -> str:
    with pytest.raises(ModelError) as caught:
        Segmenter.load(model)
    text = str(caught.value)
    assert "\n" not in text
    assert str(model) in text
    return text


def test_a_network_of_free_symbolic_sizes_runs(tmp_path: Path) -> None:
    frame = np.zeros((240, 320, 3), np.uint8)
    frame[60:120, 80:160, 1] = 255
    model = _model(tmp_path, _told(), shape=("batch", "channels", "height", "width"))
    (hand,) = Segmenter.load(model).segment(frame).hands
    assert (hand.box.x, hand.box.y) == pytest.approx((80, 60), abs=1)
    assert hand.area == pytest.approx(60 * 80, rel=0.03)
    assert hand.side is Side.UNKNOWN


@pytest.mark.parametrize(
    ("told", "graph", "words"),
    [
        ({"input": {"name": "image"}}, {}, ["takes the inputs 'input'", "'image' is its one"]),
        (
            {"outputs": {"logits": "out"}},
            {},
            ["gives the outputs 'output'", "it gives 'out'"],
        ),
        ({}, {"dtype": TensorProto.UINT8}, ["tensor(uint8) as 'input'", "dtype: float32"]),
        ({}, {"shape": (3, 256, 256)}, ["(3, 256, 256)", "layout: NCHW, which has 4 axes"]),
        ({}, {"shape": (1, 4, "h", "w")}, ["(1, 4, 'h', 'w')", "C of NCHW is 3"]),
        ({}, {"shape": (8, 3, "h", "w")}, ["batch: 1"]),
        ({"input": {"layout": "NHWC"}}, {"shape": (1, 3, "h", "w")}, ["H of NHWC is 256"]),
        ({}, {"shape": (1, 3, 224, 256)}, ["(1, 3, 224, 256)", "H of NCHW is 256"]),
        ({}, {"shape": (1, 3, 256, 256)}, ["its size is free", "'size: fixed'"]),
        ({"input": {"layout": "CHW"}}, {"shape": (1, 3, "h", "w")}, ["CHW, which has 3 axes"]),
        ({"input": {"layout": "HWC"}}, {"shape": (3, "h", "w")}, ["H of HWC is 256"]),
        (
            {"input": {"resize": "none"}},
            {"shape": (1, 3, 256, "w")},
            ["(1, 3, 256, 'w')", "resize: none, which gives it images of any size"],
        ),
    ],
)
def test_what_differs_is_named_with_both_sides(
    tmp_path: Path, told: dict[str, Any], graph: dict[str, Any], words: list[str]
) -> None:
    if graph.get("dtype") == TensorProto.UINT8:
        model = tmp_path / "small.onnx"
        write_graph(model, ("Cast", {"to": TensorProto.FLOAT}), **graph)
        write_description(model, _told(**told))
    else:
        model = _model(tmp_path, _told(**told), **graph)
    text = _refusal(model)
    for word in words:
        assert word in text
    assert text.endswith("correct the description")


def test_a_fixed_size_runs_at_that_size_and_no_other(tmp_path: Path) -> None:
    told = _told(input={"size": "fixed"})
    model = _model(tmp_path, told, shape=(1, 3, 256, 256))
    assert Segmenter.load(model).input_size == (256, 256)
    with pytest.raises(ModelError, match=r"128x128 does not suit.*use 256x256 or 0"):
        Segmenter.load(ModelOptions(model, input_width=128, input_height=128))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"classes": ["background", "hand"]}, ["2 classes background, hand", "need 2 channels"]),
        ({"output_layout": "NHWC"}, ["(1, 3, 256, 256)", "NHWC need 3 channels"]),
        ({"output_layout": None}, ["lacks 'output_layout'", "'semantic' needs"]),
        ({"activation": None}, ["lacks 'activation'"]),
        ({"outputs": {"masks": "output"}}, ["lacks 'outputs.logits'"]),
        ({"family": "hand_object"}, ["lacks 'classes: object'", "'hand_object' needs"]),
        ({"family": "bottom_up"}, ["lacks 'outputs.maps' and 'stride'"]),
        (
            {"family": "bottom_up", "outputs": {"maps": "output"}, "stride": 4},
            ["output 'output' has the shape (1, 3, 256, 256)", "5 channels"],
        ),
    ],
)
def test_what_the_family_needs_is_named(
    tmp_path: Path, told: dict[str, Any], words: list[str]
) -> None:
    fields = {name: value for name, value in _told(**told).items() if value is not None}
    model = tmp_path / "small.onnx"
    write_graph(model, SAME)
    write_description(model, fields)
    with pytest.raises(ModelError) as caught:
        Segmenter.load(model)
    for word in words:
        assert word in str(caught.value)
    if "lacks" in words[0]:
        assert f"the description in {model.with_suffix('.yaml')} lacks" in str(caught.value)


@pytest.mark.parametrize("side", [-5, 4097, 10**6])
def test_a_size_beyond_all_memory_is_refused(tmp_path: Path, side: int) -> None:
    model = _model(tmp_path, _told())
    with pytest.raises(ModelError, match=rf"{side} does not suit .* up to 4096: use \d+ or \d+$"):
        Segmenter.load(ModelOptions(model, input_width=side, input_height=side))
    write_description(model, _told(input={"width": side, "height": side}))
    with pytest.raises(ModelError, match=rf"'input.width' is {side}, but must be"):
        Segmenter.load(model)


def test_an_unknown_operator_is_named(tmp_path: Path) -> None:
    model = tmp_path / "small.onnx"
    write_graph(model, ("FindHands", {}))
    write_description(model, _told())
    assert "FindHands" in _refusal(model)


def test_an_operator_set_that_is_too_new_is_named(tmp_path: Path) -> None:
    model = _model(tmp_path, _told())
    loaded = onnx.load(str(model))
    loaded.opset_import[0].version = 999
    onnx.save(loaded, str(model))
    assert "999" in _refusal(model)


def test_weights_that_lie_in_a_missing_file_are_named(tmp_path: Path) -> None:
    model = tmp_path / "small.onnx"
    write_graph(model, ("Add", {"second": "weights"}))
    loaded = onnx.load(str(model))
    weights = numpy_helper.from_array(np.zeros((1, 3, 256, 256), np.float32), "weights")
    loaded.graph.initializer.append(weights)
    onnx.save_model(loaded, str(model), save_as_external_data=True, location="weights.bin")
    write_description(model, _told())
    Segmenter.load(model)
    (tmp_path / "weights.bin").unlink()
    assert "weights.bin" in _refusal(model)
