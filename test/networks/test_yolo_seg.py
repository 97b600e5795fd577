"""Guards that YOLO-seg files of other people give the masks that torch gives with them."""

# SPDX-License-Identifier: Apache-2.0

# The network is a small one of the same outputs, see `support/yolo_seg.py`. Its weights are random,
# from a fixed seed.

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from support.camera_images import image_message
from support.foreign import described, write_description
from support.node import start_node
from support.painting import Painted, assert_painted, inside, painted, sampled
from support.robot import a_robot
from support.suppression import Suppression
from support.torch_twin import picture, rgb
from support.yolo_seg import OVERLAP, ROWS, EndToEnd, YoloSeg, random_yolo_seg, split
from torch import nn

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter

SIDE = 320
FRAME = (480, 640)
CLASSES = ["left_hand", "right_hand", "object"]
SCORE = 0.5
OPSET = 16
# Of each hand, at most: torch and ONNX Runtime add up in another order.
MOST_PIXELS = 4


def _told(**changes: Any) -> dict[str, Any]:
    own = {"name": "images", "width": SIDE, "height": SIDE, "multiple_of": 32}
    more = {"mean": [0.0] * 3, "std": [1.0] * 3, "resize": "letterbox_centre"}
    fields = {
        "family": "yolo_seg",
        "classes": CLASSES,
        "outputs": {"predictions": "output0", "prototypes": "output1"},
        "nms_iou_threshold": OVERLAP,
        "thresholds": {"score": SCORE, "mask": 0.5, "minimum_area": 0.0},
        **changes,
        "input": {**own, **more, **changes.get("input", {})},
    }
    description = described(**fields)
    del description["activation"], description["output_layout"]
    return {name: value for name, value in description.items() if value is not None}


def _export(network: nn.Module, file: Path, description: dict[str, Any]) -> Path:
    free = {2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns that it is old
        torch.onnx.export(
            network, (torch.zeros(1, 3, SIDE, SIDE),), str(file), dynamo=False, opset_version=OPSET,
            input_names=["images"], output_names=["output0", "output1"],
            dynamic_axes={"images": free},
        )  # fmt: skip
    write_description(file, description)
    return file


@pytest.fixture(scope="module")
def network() -> YoloSeg:
    """Return the network."""
    return random_yolo_seg(len(CLASSES), rgb(picture(SIDE, SIDE))[None])


@pytest.fixture(scope="module")
def plain(network: YoloSeg, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file without suppression in its graph."""
    return _export(network, tmp_path_factory.mktemp("plain") / "plain.onnx", _told())


@pytest.fixture(scope="module")
def end_to_end(network: YoloSeg, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file with suppression in its graph."""
    file = tmp_path_factory.mktemp("end") / "end_to_end.onnx"
    return _export(EndToEnd(network), file, _told(nms_iou_threshold=None))


@pytest.mark.parametrize("name", ["plain", "end_to_end"])
def test_import_knows_them_by_their_shapes(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    theirs: Path = request.getfixturevalue(name)
    file = tmp_path / "theirs.onnx"
    file.write_bytes(theirs.read_bytes())
    overrides = Overrides(classes=tuple(CLASSES), width=SIDE, height=SIDE, name="foreign")
    model = describe_foreign(file, picture(*FRAME), overrides)
    description, own = (
        model.description,
        parse_description(theirs.with_suffix(".yaml").read_text(), name),
    )
    assert (description.family, description.outputs, description.nms_iou_threshold) == (
        "yolo_seg",
        own.outputs,
        own.nms_iou_threshold,
    )
    assert description.input.resize == "letterbox_centre"
    assert description.input == replace(own.input, multiple_of=description.input.multiple_of)
    frame = picture(*FRAME)
    every = own.thresholds
    found = Segmenter.load(theirs).segment(frame, every).mask()
    write_description(file, yaml.safe_load(description.to_yaml()))
    np.testing.assert_array_equal(Segmenter.load(file).segment(frame, every).mask(), found)
    known = replace(overrides, classes=None, colour="RGB", normalisation="unit")
    without = describe_foreign(file, frame, known).description
    assert "hand" in without.classes


def _content(resize: str, frame: tuple[int, int]) -> torch.Tensor:
    """Return where the frame's edges lie in the input image, worked out for each way to resize."""
    height, width = frame
    if resize == "stretch":
        return torch.tensor([0, 0, SIDE, SIDE])
    scale = min(SIDE / width, SIDE / height)
    wide, high = round(width * scale), round(height * scale)
    is_centred = resize == "letterbox_centre"
    left, top = ((SIDE - wide) // 2, (SIDE - high) // 2) if is_centred else (0, 0)
    return torch.tensor([left, top, left + wide, top + high])


def _in_frame(edges: torch.Tensor, content: torch.Tensor, frame: tuple[int, int]) -> torch.Tensor:
    size = content[2:] - content[:2]
    scale = torch.tensor([frame[1], frame[0]]).double() / size
    return (edges.double() - content[:2].repeat(2)) * scale.repeat(2)


def _wanted(
    rows: torch.Tensor, prototypes: torch.Tensor, resize: str, frame: tuple[int, int]
) -> tuple[list[Painted], list[Painted]]:
    """Return hands and objects of rows (N, 6 + 32), as an end-to-end network gives them.

    Cells that see nothing but grey are cut off before masks are enlarged, as their authors do.
    """
    content = _content(resize, frame)
    cell = SIDE // prototypes.shape[3]
    first, last = content[:2] // cell, -(-content[2:] // cell)
    seen = prototypes[0, :, first[1] : last[1], first[0] : last[0]]
    around = _in_frame(torch.cat([first, last]) * cell, content, frame)
    every = []
    for row in rows:
        logits = torch.einsum("k,kyx->yx", row[6:], seen)
        mask = sampled(logits, around, frame, "border") > 0
        own = mask & inside(_in_frame(row[:4], content, frame), frame)
        every.append(Painted(int(row[5]), float(row[4]), own))
    hands = [one for one in every if CLASSES[one.label] != "object"]
    return painted(hands), painted([one for one in every if CLASSES[one.label] == "object"])


def _suppressed(predictions: torch.Tensor) -> torch.Tensor:
    """Return the certain rows of all predictions; hands of both sides are one kind of thing."""
    edges, scores, labels, coefficients = split(predictions[0].t(), len(CLASSES))
    rows = torch.cat([edges, scores[:, None], labels[:, None], coefficients], dim=1)
    apart = edges + (labels == CLASSES.index("object"))[:, None] * 4096.0
    return rows[Suppression.forward(None, apart, scores, OVERLAP, SCORE, ROWS)]


def _as_input(frame: np.ndarray, resize: str) -> torch.Tensor:
    image = RESIZE_TRANSFORMS[resize]((frame.shape[0], frame.shape[1]), (SIDE, SIDE)).apply(frame)
    return rgb(image)[None]


@pytest.mark.parametrize("size", [FRAME, (333, 500), (320, 320), (200, 150)])
@pytest.mark.parametrize("resize", ["letterbox_centre", "letterbox", "stretch"])
def test_hands_and_objects_without_suppression_in_the_graph(
    network: YoloSeg, plain: Path, tmp_path: Path, resize: str, size: tuple[int, int]
) -> None:
    file = tmp_path / "copy.onnx"
    file.write_bytes(plain.read_bytes())
    write_description(file, _told(input={"resize": resize}))
    frame = picture(*size)
    with torch.no_grad():
        predictions, prototypes = network(_as_input(frame, resize))
    hands, objects = _wanted(_suppressed(predictions), prototypes, resize, size)
    found = Segmenter.load(file).segment(frame)
    assert_painted(found.hands, hands, MOST_PIXELS)
    assert_painted(found.objects or (), objects, MOST_PIXELS)
    sides = [Side.LEFT if hand.label == 0 else Side.RIGHT for hand in hands]
    assert [hand.side for hand in found.hands] == sides
    assert [hand.side_confidence for hand in found.hands] == [
        0.5 + 0.5 * hand.score for hand in found.hands
    ]
    assert {Side.LEFT, Side.RIGHT} == set(sides)


def _end_to_end_s(network: YoloSeg, frame: np.ndarray) -> tuple[list[Painted], list[Painted]]:
    with torch.no_grad():
        rows, prototypes = EndToEnd(network)(_as_input(frame, "letterbox_centre"))
    certain = rows[0][rows[0, :, 4] >= SCORE]
    size = frame.shape[0], frame.shape[1]
    return _wanted(certain, prototypes, "letterbox_centre", size)


@pytest.mark.parametrize("size", [FRAME, (333, 500)])
def test_hands_and_objects_with_suppression_in_the_graph(
    network: YoloSeg, end_to_end: Path, size: tuple[int, int]
) -> None:
    frame = picture(*size)
    hands, objects = _end_to_end_s(network, frame)
    found = Segmenter.load(end_to_end).segment(frame)
    assert_painted(found.hands, hands, MOST_PIXELS)
    assert_painted(found.objects or (), objects, MOST_PIXELS)


def test_another_input_size_may_be_asked_for(network: YoloSeg, plain: Path) -> None:
    frame = picture(192, 256)
    with torch.no_grad():
        predictions, prototypes = network(rgb(frame)[None])
    found = Segmenter.load(ModelOptions(plain, input_width=256, input_height=192)).segment(frame)
    assert prototypes.shape[2:] == (48, 64)
    rows = _suppressed(predictions)
    certain = [
        Painted(int(row[5]), float(row[4]), sampled(
            torch.einsum("k,kyx->yx", row[6:], prototypes[0]),
            torch.tensor([0, 0, 256, 192]), (192, 256), "border",
        ).gt(0) & inside(row[:4].double(), (192, 256)))
        for row in rows if row[5] < 2
    ]  # fmt: skip
    assert_painted(found.hands, painted(certain), MOST_PIXELS)


@pytest.mark.parametrize(
    ("name", "description", "words"),
    [
        ("plain", {"nms_iou_threshold": None}, "give 'nms_iou_threshold' where"),
        ("plain", {"classes": ["hand"]}, "1 classes and 32 coefficients need (1, 37, anchors)"),
        ("end_to_end", {}, "leave 'nms_iou_threshold' out where"),
        ("end_to_end", {"nms_iou_threshold": None, "classes": ["hand"]}, "gave the label"),
        ("plain", {"nms_iou_threshold": 1.5}, "'nms_iou_threshold' is 1.5"),
        ("plain", {"outputs": {"predictions": "output0"}}, "lacks 'outputs.prototypes'"),
        (
            "plain",
            {"outputs": {"predictions": "output0", "prototypes": "output0"}},
            "prototypes need (1, coefficients, rows, columns)",
        ),
    ],
)
def test_a_description_that_does_not_fit_is_refused_in_words(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    name: str,
    description: dict[str, Any],
    words: str,
) -> None:
    file = tmp_path / "copy.onnx"
    file.write_bytes(request.getfixturevalue(name).read_bytes())
    write_description(file, _told(**description))
    with pytest.raises(ModelError) as caught:
        Segmenter.load(file).segment(picture(*FRAME))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_node_publishes_what_the_core_finds(network: YoloSeg, end_to_end: Path) -> None:
    frame = picture(*FRAME)
    hands, objects = _end_to_end_s(network, frame)
    topics = ("hands", "instances", "objects")
    with start_node(f"model:={end_to_end}") as process, a_robot() as robot:
        robot.listen(*topics)
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        message = image_message(frame, "bgr8")
        answer, instances, things = robot.send_and_wait(message, *topics)
        assert process.stop() == 0
    assert answer.header == instances.header == message.header
    assert [hand.side for hand in answer.hands] == [1 + hand.label for hand in hands]
    ids = to_bgr(instances)[..., 0]
    for number, hand in enumerate(hands, start=1):
        assert np.count_nonzero((ids == number) != hand.mask.numpy()) <= MOST_PIXELS
    union = torch.stack([item.mask for item in objects]).any(dim=0).numpy()
    assert np.count_nonzero((to_bgr(things)[..., 0] > 0) != union) <= MOST_PIXELS * len(objects)
