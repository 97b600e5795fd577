"""Guards that a model file is data: it reads no file outside its folder, and is not too large."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.foreign import described, write_description, write_graph

from handseg_ros.segmentation.description import LARGEST_DESCRIPTION
from handseg_ros.segmentation.errors import ModelError, quoted
from handseg_ros.segmentation.model_file import LARGEST_MODEL
from handseg_ros.segmentation.segmenter import Segmenter

PLAIN = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
THREE = described(classes=["red", "hand", "blue"], activation="argmax", input=PLAIN)
Place = Callable[[onnx.GraphProto, TensorProto], None]
WEIGHTS = np.zeros((1, 3, 1, 1), np.float32).tobytes()


def outside(location: str) -> TensorProto:
    """Return the constant `weights`, whose values lie in a file of that name."""
    tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[1, 3, 1, 1])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(len(WEIGHTS)))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def as_initializer(graph: onnx.GraphProto, tensor: TensorProto) -> None:
    graph.initializer.append(tensor)


def as_constant(graph: onnx.GraphProto, tensor: TensorProto) -> None:
    graph.node.insert(0, helper.make_node("Constant", [], ["weights"], value=tensor))


def as_constant_of_a_branch(graph: onnx.GraphProto, tensor: TensorProto) -> None:
    flag = helper.make_tensor("flag", TensorProto.BOOL, [], [True])
    out = helper.make_tensor_value_info("inner", TensorProto.FLOAT, [1, 3, 1, 1])
    node = helper.make_node("Constant", [], ["inner"], value=tensor)
    branches = {
        name: helper.make_graph([node], name, [], [out]) for name in ("then_branch", "else_branch")
    }
    graph.initializer.append(flag)
    graph.node.insert(0, helper.make_node("If", ["flag"], ["weights"], **branches))


def model_with(folder: Path, location: str, place: Place = as_initializer) -> Path:
    """Write a model that adds weights to its input, which lie in a file of that name."""
    model = folder / "small.onnx"
    write_graph(model, ("Add", {"second": "weights"}))
    write_description(model, THREE)
    loaded = onnx.load(str(model))
    place(loaded.graph, outside(location))
    model.write_bytes(loaded.SerializeToString())
    return model


def refusal(model: Path) -> str:
    with pytest.raises(ModelError) as caught:
        Segmenter.load(model)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a model's folder; beside it lies what is none of the model's business."""
    (tmp_path / "secret.bin").write_bytes(WEIGHTS)
    own = tmp_path / "models"
    own.mkdir()
    return own


def test_weights_beside_the_model_and_below_are_read(folder: Path) -> None:
    (folder / "weights").mkdir()
    for location in ("own.bin", "weights/own.bin", "./weights/../own.bin"):
        (folder / location).write_bytes(WEIGHTS)
        assert Segmenter.load(model_with(folder, location)).classes


@pytest.mark.parametrize("place", [as_initializer, as_constant, as_constant_of_a_branch])
@pytest.mark.parametrize(
    "location", ["../secret.bin", "{outside}/secret.bin", "link.bin", "linked/secret.bin", "a\0b"]
)
def test_weights_elsewhere_are_refused(folder: Path, place: Place, location: str) -> None:
    (folder / "link.bin").symlink_to(folder.parent / "secret.bin")
    (folder / "linked").symlink_to(folder.parent, target_is_directory=True)
    location = location.format(outside=folder.parent)
    text = refusal(model_with(folder, location, place))
    model = folder / "small.onnx"
    assert text.startswith(f"model file {model} keeps weights in {quoted(location)}")
    assert "not below its own folder" in text
    assert "put the weights beside the model" in text


def test_a_place_in_memory_is_no_file(folder: Path) -> None:
    named_so = folder / "*" / "_ORT_MEM_ADDR_"
    named_so.mkdir(parents=True)
    (named_so / "*").write_bytes(WEIGHTS)
    assert "not below its own folder" in refusal(model_with(folder, "*/_ORT_MEM_ADDR_/*"))


def test_weights_that_were_not_copied_are_named(folder: Path) -> None:
    text = refusal(model_with(folder, "lost.bin"))
    assert "'lost.bin', which is not there: copy that file beside the model too" in text


def test_a_file_too_large_is_not_read(folder: Path) -> None:
    model = model_with(folder, "own.bin")
    with (folder / "own.bin").open("wb") as sparse:
        sparse.truncate(LARGEST_MODEL)
    text = refusal(model)
    assert "has 2.0 GiB with its weights, but at most 2 are loaded" in text
    assert "smaller network" in text


@pytest.mark.parametrize("name", ["small.onnx", "small.ort"])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty: export it again"),
        (b"\x3a\x7f", "a field that ends behind the message"),
        (b"\xff" * 20, "a number without an end"),
        (b"\x3b", "a field of kind 3"),
        (b"\x08\x00\x00\x00ORTM", "no ONNX model"),
    ],
)
def test_what_is_no_protobuf_is_named(folder: Path, name: str, data: bytes, words: str) -> None:
    model = folder / name
    model.write_bytes(data)
    assert words in refusal(model)


def test_graphs_inside_graphs_without_end_are_refused(folder: Path) -> None:
    model = folder / "deep.onnx"
    nested = b""
    for _ in range(60):  # graph in attribute in node in graph
        for number in (6, 5, 1):
            nested = bytes([number << 3 | 2]) + varint(len(nested)) + nested
    model.write_bytes(b"\x3a" + varint(len(nested)) + nested)
    assert "more than 100 deep" in refusal(model)


def varint(number: int) -> bytes:
    """Return a number as protobuf writes it."""
    if number < 0x80:
        return bytes([number])
    return bytes([number & 0x7F | 0x80]) + varint(number >> 7)


def test_a_description_too_long_is_not_read(folder: Path) -> None:
    (folder / "own.bin").write_bytes(WEIGHTS)
    model = model_with(folder, "own.bin")
    write_description(model, {**THREE, "limits": "x" * LARGEST_DESCRIPTION})
    text = refusal(model)
    assert text.startswith(f"the description in {model.with_suffix('.yaml')} is longer than the")
    assert text.endswith("shorten its texts")
