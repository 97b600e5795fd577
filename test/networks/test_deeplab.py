"""Guards that DeepLabV3 files of other people give the masks that torch gives with them."""

# SPDX-License-Identifier: Apache-2.0

# The networks are those of hands_segmentation_pytorch (ResNet-50, background and hand) and of
# Hand_Object_Segmentation (ResNet-101, background, hand and object). Their weights are random, from
# a fixed seed, and all layers are narrower than the originals'; the layers themselves are the same.

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from support.camera_images import image_message
from support.deeplab import random_deeplab
from support.foreign import described, write_description
from support.node import start_node
from support.robot import a_robot
from support.torch_twin import (
    TOLERANCE,
    Foreign,
    Prepare,
    assert_same,
    enlarged,
    export,
    picture,
    rgb,
    unlike_pictures,
)

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.onnx_export.export import export_standalone
from handseg_ros.onnx_export.export_request import ExportRequest
from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.networks.deeplab import DeepLabV3
from handseg_ros.training.networks.resnet import Depth

SIDE = 256
WIDTH = 16  # a quarter of the original's
MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def _export(
    network: torch.nn.Module, prepare: Prepare, file: Path, description: dict[str, Any]
) -> Foreign:
    """Write the network as ONNX that takes any size."""
    return export(network, prepare, file, description, torch.zeros(1, 3, SIDE, SIDE))


def _calibrated(depth: Depth, classes: int, prepare: Prepare) -> DeepLabV3:
    images = torch.stack([prepare(rgb(image)) for image in unlike_pictures(SIDE)])
    return random_deeplab(depth, classes, WIDTH, images)


def _imagenet(image: torch.Tensor) -> torch.Tensor:
    return (image - MEAN) / STD


def _as_it_is(image: torch.Tensor) -> torch.Tensor:
    return image


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Return the network of hands_segmentation_pytorch."""
    network = _calibrated("resnet50", 2, _imagenet)
    file = tmp_path_factory.mktemp("hands") / "hands.onnx"
    return _export(network, _imagenet, file, described())


NO_STATISTICS = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
HAND_OBJECT = described(
    family="hand_object",
    classes=["background", "hand", "object"],
    activation="argmax",
    input=NO_STATISTICS,
)


@pytest.fixture(scope="module")
def hand_object(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Return the network of Hand_Object_Segmentation."""
    network = _calibrated("resnet101", 3, _as_it_is)
    file = tmp_path_factory.mktemp("objects") / "objects.onnx"
    return _export(network, _as_it_is, file, HAND_OBJECT)


@pytest.fixture(scope="module")
def three_classes(hand_object: Foreign) -> torch.Tensor:
    """Return what torch gives of the camera's picture with three classes, at the frame's size."""
    return enlarged(hand_object.logits(picture(480, 640)), (480, 640))[0]


def test_the_file_tells_no_output_size_and_is_of_opset_11(hands: Foreign) -> None:
    model = onnx.load(str(hands.file))
    (output,) = model.graph.output
    assert all(axis.dim_param for axis in output.type.tensor_type.shape.dim)
    assert [item.version for item in model.opset_import] == [11]


@pytest.mark.parametrize("size", [(256, 256), (512, 512), (768, 768), (150, 200), (480, 640)])
def test_hands_are_torch_s(hands: Foreign, size: tuple[int, int]) -> None:
    frame = picture(*size)
    probability = hands.logits(frame).softmax(dim=1)[:, 1:]
    wanted = enlarged(probability, size)[0, 0] > 0.5
    assert_same(Segmenter.load(hands.file).segment(frame).mask(), wanted)


@pytest.mark.parametrize(
    "description",
    [
        {"colour": "BGR"},
        {"mean": [0.5, 0.5, 0.5]},
        {"std": [0.5, 0.5, 0.5]},
        {"resize": "letterbox"},
        {"resize": "crop"},
    ],
    ids=str,
)
def test_a_wrong_description_would_be_noticed_here(
    hands: Foreign, tmp_path: Path, description: dict[str, Any]
) -> None:
    file = tmp_path / "wrong.onnx"
    file.write_bytes(hands.file.read_bytes())
    write_description(file, described(input=description))
    frame = picture(480, 640)
    right = Segmenter.load(hands.file).segment(frame).mask()
    wrong = Segmenter.load(file).segment(frame).mask()
    assert np.mean(right != wrong) > 10 * TOLERANCE


def test_another_input_size_may_be_asked_for(hands: Foreign) -> None:
    frame = picture(192, 320)
    with torch.no_grad():
        probability = hands.network(_imagenet(rgb(frame))[None]).softmax(dim=1)[0, 1]
    segmenter = Segmenter.load(ModelOptions(hands.file, input_width=320, input_height=192))
    assert_same(segmenter.segment(frame).mask(), probability > 0.5)


@pytest.mark.parametrize("size", [(512, 512), (480, 640)])
def test_hands_and_objects_are_torch_s(hand_object: Foreign, size: tuple[int, int]) -> None:
    frame = picture(*size)
    best = enlarged(hand_object.logits(frame), size)[0].argmax(dim=0)
    found = Segmenter.load(hand_object.file).segment(frame)
    assert_same(found.mask(), best == 1)
    assert_same(found.object_mask(), best == 2)
    assert any(found.touched_by(hand) for hand in found.hands)


def _alone(foreign: Foreign, frame: np.ndarray) -> list[np.ndarray]:
    """Return the masks that the network's standalone graph gives, run by ONNX Runtime alone."""
    out = foreign.file.with_name("standalone.onnx")
    export_standalone(ExportRequest(str(foreign.file), out))
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    return list(session.run(None, {"image": np.ascontiguousarray(frame[..., ::-1])}))


@pytest.mark.parametrize("size", [(512, 512), (480, 640)])
def test_standalone_graphs_give_torch_s_masks(
    hands: Foreign, hand_object: Foreign, size: tuple[int, int]
) -> None:
    frame = picture(*size)
    (mask,) = _alone(hands, frame)
    probability = hands.logits(frame).softmax(dim=1)[:, 1:]
    assert_same(mask, enlarged(probability, size)[0, 0] > 0.5)
    mask, objects = _alone(hand_object, frame)
    best = enlarged(hand_object.logits(frame), size)[0].argmax(dim=0)
    assert_same(mask, best == 1)
    assert_same(objects, best == 2)


def test_import_describes_them_but_for_what_random_weights_cannot_tell(
    hands: Foreign, hand_object: Foreign, tmp_path: Path
) -> None:
    description = {}
    small = Overrides(width=SIDE // 2, height=SIDE // 2)
    for name, foreign in (("hands", hands), ("hand_object", hand_object)):
        file = tmp_path / f"{name}.onnx"
        file.write_bytes(foreign.file.read_bytes())
        description[name] = describe_foreign(file, picture(480, 640), small).description
    own = parse_description(hands.file.with_suffix(".yaml").read_text(), "the test")
    found = description["hands"].input
    assert (found.width, found.height) == (SIDE // 2, SIDE // 2)
    assert replace(found, scale=own.input.scale, width=SIDE, height=SIDE) == own.input
    assert (description["hands"].family, description["hands"].activation) == ("semantic", "softmax")
    assert description["hands"].classes == ("background", "hand")
    assert (description["hand_object"].family, description["hand_object"].activation) == (
        "hand_object",
        "argmax",
    )


def test_classes_that_are_no_objects_are_left_alone(
    hand_object: Foreign, three_classes: torch.Tensor, tmp_path: Path
) -> None:
    file = tmp_path / "classes.onnx"
    file.write_bytes(hand_object.file.read_bytes())
    description = {
        "classes": ["sky", "ground", "hand"],
        "activation": "argmax",
        "input": NO_STATISTICS,
    }
    write_description(file, described(**description))
    found = Segmenter.load(file).segment(picture(480, 640))
    assert_same(found.mask(), three_classes.argmax(dim=0) == 2)
    assert found.objects is None


class LastChannels(torch.nn.Module):
    """A network's last channels alone, each to be a probability of its own by a sigmoid."""

    def __init__(self, network: torch.nn.Module, count: int) -> None:
        super().__init__()
        self.network, self.count = network, count

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return (N, count, H, W)."""
        return self.network(image)[:, -self.count :]


def test_one_channel_of_a_sigmoid(hands: Foreign, tmp_path: Path) -> None:
    description = described(classes=["hand"], activation="sigmoid")
    network = LastChannels(hands.network, 1)
    one = _export(network, hands.prepare, tmp_path / "one.onnx", description)
    frame = picture(480, 640)
    wanted = enlarged(one.logits(frame).sigmoid(), (480, 640))[0, 0] > 0.5
    assert_same(Segmenter.load(one.file).segment(frame).mask(), wanted)


def test_two_independent_sigmoids(hand_object: Foreign, tmp_path: Path) -> None:
    description = {**HAND_OBJECT, "classes": ["hand", "object"], "activation": "sigmoid"}
    network = LastChannels(hand_object.network, 2)
    two = _export(network, hand_object.prepare, tmp_path / "two.onnx", description)
    frame = picture(480, 640)
    hand, thing = enlarged(two.logits(frame).sigmoid(), (480, 640))[0] > 0.5
    assert (hand & thing).any(), "the masks should overlap, as they are independent"
    found = Segmenter.load(two.file).segment(frame)
    assert_same(found.mask(), hand)
    assert_same(found.object_mask(), thing)


def test_the_node_publishes_both_masks_with_their_names(
    hand_object: Foreign, three_classes: torch.Tensor
) -> None:
    topics = ("hands", "mask", "objects")
    with start_node(f"model:={hand_object.file}") as process, a_robot() as robot:
        robot.listen(*topics)
        robot.listen_to_labels("label_info")
        robot.listen_to_labels("objects/label_info")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        message = image_message(picture(480, 640), "bgr8")
        hands, mask, objects = robot.send_and_wait(message, *topics)
        latched = ("label_info", "objects/label_info")
        assert robot.wait_for(lambda: all(robot.answers[topic] for topic in latched))
        # A model that knows no objects takes their name back.
        assert robot.set_parameter("model", "hands").successful
        assert robot.wait_for(lambda: len(robot.answers["objects/label_info"]) > 1)
        assert process.stop() == 0
    best = three_classes.argmax(dim=0)
    for answer, number in ((mask, 1), (objects, 2)):
        assert answer.header == message.header
        assert answer.encoding == "mono8"
        assert_same(to_bgr(answer)[..., 0], best == number)
    names = [dict(zip(labels.values, labels.names, strict=True)) for labels in (
        robot.answers["label_info"][0], *robot.answers["objects/label_info"]
    )]  # fmt: skip
    assert names == [
        {0: "background", 255: "hand"},
        {0: "background", 255: "object"},
        {0: "background"},
    ]
    painted = to_bgr(objects)[..., 0] > 0
    touching = [hand.touched_roi for hand in hands.hands if hand.touched_roi.width]
    assert touching
    for roi in touching:
        rows = slice(roi.y_offset, roi.y_offset + roi.height)
        assert painted[rows, roi.x_offset : roi.x_offset + roi.width].any()
