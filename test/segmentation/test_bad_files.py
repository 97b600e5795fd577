"""Guards that a file which ONNX Runtime cannot load or run is named, with the cause in words."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from support.foreign import described, write_description, write_graph

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter

THREE = described(classes=["red", "hand", "blue"], activation="argmax")
PLAIN = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}

Change = Callable[[onnx.ModelProto], object]


def _model(folder: Path, step: tuple[str, dict[str, Any]]) -> Path:
    model = folder / "small.onnx"
    write_graph(model, step)
    write_description(model, described(**{**THREE, "input": PLAIN}))
    return model


def _of_one_size(folder: Path) -> Path:
    """Write a model whose graph promises any size, but runs at 256x256 alone."""
    model = _model(folder, ("Add", {"second": "weights"}))
    loaded = onnx.load(str(model))
    weights = numpy_helper.from_array(np.zeros((1, 3, 256, 256), np.float32), "weights")
    loaded.graph.initializer.append(weights)
    onnx.save(loaded, str(model))
    return model


def _refusal(model: Path, side: int = 0) -> str:
    with pytest.raises(ModelError) as caught:
        Segmenter.load(ModelOptions(model, input_width=side, input_height=side))
    text = str(caught.value)
    assert text.startswith(f"model file {model} ")
    assert not any(noise in text for noise in ("\n", "ONNXRuntimeError", ".cc:", ".h:", "::"))
    return text


def _set_opset(version: int) -> Change:
    return lambda model: setattr(model.opset_import[0], "version", version)


def _forget_opset(model: onnx.ModelProto) -> None:
    del model.opset_import[:]


def _use_another_domain(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "org.example"
    model.opset_import.append(helper.make_opsetid("org.example", 1))


def _unplug(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "nowhere"


@pytest.mark.parametrize(
    ("operator", "change", "words"),
    [
        ("Identity", _set_opset(999), "999 is under development"),
        ("Identity", _set_opset(0), "No Op registered for Identity with domain_version of 0"),
        ("Identity", _forget_opset, "Missing opset in the model"),
        # HardSwish came with the set 14, and these graphs are of 11.
        ("HardSwish", lambda model: None, "No Op registered for HardSwish with domain_version of"),
        ("Identity", lambda model: setattr(model, "ir_version", 99), "IR version: 99, max"),
        ("Identity", _use_another_domain, "org.example:Identity(-1) is not a registered"),
        ("Identity", _unplug, "'nowhere' is not a graph input"),
    ],
)
def test_what_onnx_runtime_does_not_know_is_named(
    tmp_path: Path, operator: str, change: Change, words: str
) -> None:
    model = _model(tmp_path, (operator, {}))
    loaded = onnx.load(str(model))
    change(loaded)
    onnx.save(loaded, str(model))
    text = _refusal(model)
    assert words in text
    assert text.endswith("export it again or give another file")


def test_weights_in_a_truncated_file_are_named(tmp_path: Path) -> None:
    model = _of_one_size(tmp_path)
    loaded = onnx.load(str(model))
    onnx.save_model(loaded, str(model), save_as_external_data=True, location="weights.bin")
    Segmenter.load(model)
    beside = tmp_path / "weights.bin"
    beside.write_bytes(beside.read_bytes()[:1000])
    assert "External initializer: weights" in _refusal(model)


def test_a_failure_inside_the_network_is_told_with_the_input_s_size(tmp_path: Path) -> None:
    # A size that is asked for, but that the graph's constant does not fit.
    model = _of_one_size(tmp_path)
    Segmenter.load(model)
    text = _refusal(model, side=100)
    assert "failed on an image of 100x100 pixels (" in text
    assert "running Add node" in text


def test_a_failure_on_a_later_frame_is_told_alike(tmp_path: Path) -> None:
    # Each image goes in at its own size, which the graph's constant fits but once.
    model = _of_one_size(tmp_path)
    write_description(model, described(**{**THREE, "input": {**PLAIN, "resize": "none"}}))
    segmenter = Segmenter.load(model)
    with pytest.raises(ModelError, match=r"failed on an image of 103x101 pixels \(.*\): correct"):
        segmenter.segment(np.zeros((101, 103, 3), np.uint8))


def test_metadata_that_are_no_text_are_named(tmp_path: Path) -> None:
    model = _model(tmp_path, ("Identity", {}))
    loaded = onnx.load(str(model))
    loaded.metadata_props.add(key="author", value="someone")
    model.write_bytes(loaded.SerializeToString().replace(b"someone", b"some\xe5ne"))
    with pytest.raises(ModelError) as caught:
        Segmenter.load(model)
    assert str(caught.value).startswith(f"what model file {model} says of itself is no UTF-8 text")
