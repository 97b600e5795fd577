"""Guards that Mask R-CNN files of other people give the masks that torch gives with them."""

# SPDX-License-Identifier: Apache-2.0

# The network is a small Mask R-CNN, see `support/mask_rcnn.py`. Its weights are random, from a
# fixed seed; its outputs are those of torchvision's, detectron2's and matterport's exports.

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
import yaml
from support.camera_images import image_message
from support.foreign import described, write_description
from support.mask_rcnn import OPSET, MaskRcnn, random_mask_rcnn
from support.mask_rcnn_layouts import Matterport, MatterportBatch, Pasted, Torchvision, own_masks
from support.node import start_node
from support.painting import Painted, assert_painted, painted, sampled
from support.robot import a_robot
from support.torch_twin import picture, rgb
from torch import nn

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter

HEIGHT, WIDTH = 256, 320
FRAME = (480, 640)
CLASSES = ["background", "hand", "object"]
ROLES = ("boxes", "labels", "scores", "masks")
# Of each hand: the core's paste is exact, but torch and ONNX Runtime add up in another order.
MOST_PIXELS = 4


@pytest.fixture(scope="module")
def network() -> MaskRcnn:
    """Return the network."""
    return random_mask_rcnn(len(CLASSES), rgb(picture(HEIGHT, WIDTH)))


def _export(
    network: nn.Module, image: torch.Tensor, file: Path, description: dict[str, Any]
) -> Path:
    """Write a network for images of any size and its description."""
    axes = {"input": {place: f"axis_{place}" for place, n in enumerate(image.shape) if n > 3}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns that it is old
        torch.onnx.export(
            network, (image,), str(file), dynamo=False, opset_version=OPSET,
            input_names=["input"], output_names=list(ROLES), dynamic_axes=axes,
        )  # fmt: skip
    write_description(file, description)
    return file


def _told(**changes: Any) -> dict[str, Any]:
    own = {"layout": "CHW", "height": HEIGHT, "width": WIDTH, "mean": [0.0] * 3, "std": [1.0] * 3}
    fields = {
        "family": "mask_rcnn",
        "classes": CLASSES,
        "outputs": {role: role for role in ROLES},
        "box_order": "xyxy",
        "mask_covers": "box",
        "output_layout": "NCHW",
        **changes,
        "input": {**own, **changes.get("input", {})},
    }
    description = described(**fields)
    del description["activation"]
    return description


MATTERPORT = {"box_order": "yxyx", "output_layout": "NHWC"}


def _any_size(layout: str) -> dict[str, Any]:
    """Return the description of a matterport network's input."""
    description = _told(**MATTERPORT, input={"layout": layout, "dtype": "uint8", "resize": "none"})
    for name in ("scale", "mean", "std"):
        del description["input"][name]
    return description


@pytest.fixture(scope="module")
def torchvision(network: MaskRcnn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file in torchvision's layout."""
    file = tmp_path_factory.mktemp("torchvision") / "torchvision.onnx"
    return _export(Torchvision(network), torch.zeros(3, HEIGHT, WIDTH), file, _told())


@pytest.fixture(scope="module")
def matterport(network: MaskRcnn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file in matterport's layout."""
    file = tmp_path_factory.mktemp("matterport") / "matterport.onnx"
    image = torch.zeros(HEIGHT, WIDTH, 3, dtype=torch.uint8)
    return _export(Matterport(network, (HEIGHT, WIDTH)), image, file, _any_size("HWC"))


def _described_anew(file: Path, folder: Path, description: dict[str, Any]) -> Path:
    copy = folder / "copy.onnx"
    copy.write_bytes(file.read_bytes())
    write_description(copy, description)
    return copy


@pytest.mark.parametrize("name", ["torchvision", "matterport"])
def test_import_knows_them_by_their_shapes(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    theirs: Path = request.getfixturevalue(name)
    file = tmp_path / "theirs.onnx"
    file.write_bytes(theirs.read_bytes())
    frame = picture(*FRAME)
    overrides = Overrides(classes=tuple(CLASSES), width=WIDTH, height=HEIGHT)
    if name == "torchvision":
        overrides = replace(overrides, resize="stretch")
    description = describe_foreign(file, frame, overrides).description
    own = parse_description(theirs.with_suffix(".yaml").read_text(), name)
    assert (description.family, description.outputs) == ("mask_rcnn", own.outputs)
    assert (description.mask_covers, description.output_layout) == (
        own.mask_covers,
        own.output_layout,
    )
    assert description.input == own.input
    # These outputs are called 'boxes' whatever their order, and only a name tells that.
    assert description.box_order == "xyxy"
    without = describe_foreign(file, frame, replace(overrides, classes=None)).description
    assert without.classes[0] == "background"
    assert "hand" in without.classes


def test_import_takes_rois_for_matterport_s_boxes(matterport: Path, tmp_path: Path) -> None:
    model = onnx.load(str(matterport))
    for node in model.graph.node:
        for place, output in enumerate(node.output):
            if output == "boxes":
                node.output[place] = "rois"
    model.graph.output[0].name = "rois"
    file = tmp_path / "theirs.onnx"
    onnx.save(model, str(file))
    frame = picture(*FRAME)
    overrides = Overrides(classes=tuple(CLASSES), width=WIDTH, height=HEIGHT)
    description = describe_foreign(file, frame, overrides).description
    assert description.box_order == "yxyx"
    assert description.input.resize == "none"
    write_description(file, yaml.safe_load(description.to_yaml()))
    every = description.thresholds
    found = Segmenter.load(matterport).segment(frame, every).mask()
    np.testing.assert_array_equal(Segmenter.load(file).segment(frame, every).mask(), found)


def _in_frame(boxes: torch.Tensor, resize: str, frame: tuple[int, int]) -> torch.Tensor:
    """Return boxes of the input image in the frame, worked out for each way to resize by itself."""
    height, width = frame
    x, y, left, top = WIDTH / width, HEIGHT / height, 0, 0
    if resize.startswith("letterbox"):
        content = round(width * min(x, y)), round(height * min(x, y))
        if resize == "letterbox_centre":
            left, top = (WIDTH - content[0]) // 2, (HEIGHT - content[1]) // 2
        x, y = content[0] / width, content[1] / height
    if resize == "none":
        x = y = 1.0
    shift, scale = torch.tensor([left, top] * 2), torch.tensor([x, y] * 2)
    return (boxes.double() - shift) / scale


def _paste(
    boxes: torch.Tensor,
    labels: torch.Tensor,
    scores: torch.Tensor,
    masks: torch.Tensor,
    frame: tuple[int, int],
) -> tuple[list[Painted], list[Painted]]:
    """Return the hands and the objects of masks (N, 28, 28) whose boxes are in the frame."""
    every = [
        Painted(int(label), float(score), sampled(mask, box, frame) > 0.5)
        for box, label, score, mask in zip(boxes, labels, scores, masks, strict=True)
    ]
    hands, objects = ([one for one in every if one.label == label] for label in (1, 2))
    return painted(hands), painted(objects)


def _wanted(
    network: MaskRcnn, frame: np.ndarray, resize: str
) -> tuple[list[Painted], list[Painted]]:
    """Return what torch finds in a frame."""
    size = frame.shape[0], frame.shape[1]
    resized = RESIZE_TRANSFORMS[resize](size, (HEIGHT, WIDTH)).apply(frame)
    with torch.no_grad():
        boxes, labels, scores, masks = network(rgb(resized))
    own = own_masks(masks, labels)[:, 0]
    return _paste(_in_frame(boxes, resize, size), labels, scores, own, size)


def test_the_graph_has_onnx_s_own_operators(torchvision: Path) -> None:
    model = onnx.load(str(torchvision))
    assert {"RoiAlign", "NonMaxSuppression"} <= {node.op_type for node in model.graph.node}
    assert {item.domain for item in model.opset_import} == {""}


@pytest.mark.parametrize("size", [FRAME, (333, 500)])
@pytest.mark.parametrize("resize", ["stretch", "letterbox", "letterbox_centre", "none"])
def test_hands_and_objects_are_torch_s(
    network: MaskRcnn, torchvision: Path, tmp_path: Path, resize: str, size: tuple[int, int]
) -> None:
    file = _described_anew(torchvision, tmp_path, _told(input={"resize": resize}))
    frame = picture(*size)
    hands, objects = _wanted(network, frame, resize)
    found = Segmenter.load(file).segment(frame)
    assert_painted(found.hands, hands, MOST_PIXELS)
    assert found.objects is not None
    assert_painted(found.objects, objects, MOST_PIXELS)
    assert any(found.touched_by(hand) for hand in found.hands)


@pytest.mark.parametrize("resize", ["stretch", "none"])
def test_masks_that_the_graph_has_pasted(network: MaskRcnn, tmp_path: Path, resize: str) -> None:
    description = _told(mask_covers="image", input={"resize": resize})
    image = torch.zeros(3, HEIGHT, WIDTH)
    file = _export(Pasted(network), image, tmp_path / "pasted.onnx", description)
    frame = picture(HEIGHT, WIDTH)
    hands, objects = _wanted(network, frame, resize)
    found = Segmenter.load(file).segment(frame)
    assert_painted(found.hands, hands, MOST_PIXELS)
    assert_painted(found.objects or (), objects, MOST_PIXELS)


def _matterport_s(network: MaskRcnn, frame: np.ndarray) -> tuple[list[Painted], list[Painted]]:
    with torch.no_grad():
        image = torch.from_numpy(frame[..., ::-1].copy())
        rois, labels, scores, masks = Matterport(network, (HEIGHT, WIDTH))(image)
    own = own_masks(masks.permute(0, 3, 1, 2), labels.long())[:, 0]
    size = frame.shape[0], frame.shape[1]
    return _paste(rois[:, [1, 0, 3, 2]], labels, scores, own, size)


@pytest.mark.parametrize("size", [FRAME, (333, 500), (720, 1280)])
def test_images_of_any_size_in_matterport_s_layout(
    network: MaskRcnn, matterport: Path, size: tuple[int, int]
) -> None:
    frame = picture(*size)
    hands, objects = _matterport_s(network, frame)
    found = Segmenter.load(matterport).segment(frame)
    assert_painted(found.hands, hands, MOST_PIXELS)
    assert_painted(found.objects or (), objects, MOST_PIXELS)


def test_one_segmenter_takes_sizes_in_turn(network: MaskRcnn, matterport: Path) -> None:
    segmenter = Segmenter.load(matterport)
    for size in (FRAME, (240, 400), FRAME):
        frame = picture(*size)
        assert_painted(
            segmenter.segment(frame).hands, _matterport_s(network, frame)[0], MOST_PIXELS
        )


def test_a_batch_of_one_and_masks_without_channels(network: MaskRcnn, tmp_path: Path) -> None:
    description = _any_size("NHWC")
    del description["output_layout"]
    image = torch.zeros(1, HEIGHT, WIDTH, 3, dtype=torch.uint8)
    file = _export(
        MatterportBatch(network, (HEIGHT, WIDTH)), image, tmp_path / "batch.onnx", description
    )
    frame = picture(*FRAME)
    hands, objects = _matterport_s(network, frame)
    found = Segmenter.load(file).segment(frame)
    assert_painted(found.hands, hands, MOST_PIXELS)
    assert_painted(found.objects or (), objects, MOST_PIXELS)


def test_nothing_is_found_where_no_score_is_high_enough(torchvision: Path, tmp_path: Path) -> None:
    thresholds = {"score": 1.0, "mask": 0.5, "minimum_area": 0.0}
    file = _described_anew(torchvision, tmp_path, _told(thresholds=thresholds))
    found = Segmenter.load(file).segment(picture(*FRAME))
    assert found.hands == found.objects == ()


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ({"mask_covers": "image"}, "masks of 28x28 for an image of 320x256"),
        ({"output_layout": "NHWC"}, "the masks of"),
        ({"classes": ["background", "hand"]}, "gave the label 2, but its description names the 2"),
        ({"box_order": None}, "lacks 'box_order'"),
        ({"mask_covers": None}, "lacks 'mask_covers'"),
        ({"outputs": {"boxes": "boxes"}}, "lacks 'outputs.labels'"),
        ({"input": {"resize": "none", "size": "fixed"}}, "'input.resize' is 'none'"),
        ({"input": {"resize": "none", "multiple_of": 32}}, "'input.multiple_of' is 32"),
        ({"input": {"layout": "NCHW"}}, "layout: NCHW, which has 4 axes"),
        ({"input": {"layout": "HWC"}}, "(3, 'axis_1', 'axis_2')"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_description_that_does_not_fit_is_refused_in_words(
    torchvision: Path, tmp_path: Path, description: dict[str, Any], words: str
) -> None:
    fields = {name: value for name, value in _told(**description).items() if value is not None}
    file = _described_anew(torchvision, tmp_path, fields)
    with pytest.raises(ModelError) as caught:
        Segmenter.load(file).segment(picture(*FRAME))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_input_size_has_no_say_where_images_keep_theirs(matterport: Path) -> None:
    with pytest.raises(ModelError, match="takes each image at its own size: use 0"):
        Segmenter.load(ModelOptions(matterport, input_width=320))


def test_the_node_publishes_what_the_core_finds(network: MaskRcnn, matterport: Path) -> None:
    frame = picture(*FRAME)
    hands, objects = _matterport_s(network, frame)
    topics = ("hands", "instances", "objects")
    with start_node(f"model:={matterport}") as process, a_robot() as robot:
        robot.listen(*topics)
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        message = image_message(frame, "bgr8")
        answer, instances, things = robot.send_and_wait(message, *topics)
        assert robot.wait_for(lambda: robot.statuses)
        assert robot.figures()["input_size"] == "each image's own"
        assert process.stop() == 0
    assert answer.header == instances.header == message.header
    assert len(answer.hands) == len(hands)
    ids = to_bgr(instances)[..., 0]
    for number, hand in enumerate(hands, start=1):
        assert np.count_nonzero((ids == number) != hand.mask.numpy()) <= MOST_PIXELS
    union = torch.stack([item.mask for item in objects]).any(dim=0).numpy()
    assert np.count_nonzero((to_bgr(things)[..., 0] > 0) != union) <= MOST_PIXELS * len(objects)
