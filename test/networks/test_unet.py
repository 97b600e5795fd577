"""Guards that U-Nets from TensorFlow, channels last, give the masks that torch gives with them."""

# SPDX-License-Identifier: Apache-2.0

# The network is that of TensorFlow's tutorial "Image segmentation" with hands as its classes, at
# its full width. Its weights are random, from a fixed seed.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from support.camera_images import image_message
from support.foreign import described, write_description
from support.guide import example
from support.node import start_node
from support.robot import a_robot
from support.torch_twin import (
    Foreign,
    assert_same,
    enlarged,
    export,
    picture,
    rgb,
    unlike_pictures,
)
from support.unet import ChannelsLast, random_unet
from torch import nn

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.networks.unet import UNet

SIDE = 128
TOLERANCE = 0.0001


def _as_it_is(image: torch.Tensor) -> torch.Tensor:
    return image


def _export(network: nn.Module, file: Path, description: dict[str, Any]) -> Foreign:
    """Write the network channels last; its twin in torch keeps them first."""
    image = torch.zeros(1, SIDE, SIDE, 3)
    twin = export(ChannelsLast(network), _as_it_is, file, description, image)
    return replace(twin, network=network)


def _random(classes: int) -> UNet:
    images = torch.stack([rgb(image) for image in unlike_pictures(SIDE)])
    return random_unet(classes, images)


def _told(**changes: Any) -> dict[str, Any]:
    """Return the description of the guide's own example, with these fields changed."""
    description = example("unet-hand")
    fields = {**description["input"], "name": "input"}
    same = {"input": fields, "outputs": {"logits": "output"}}
    return described(**{**description, **same, "thresholds": described()["thresholds"], **changes})


TWO_CLASSES = _told(classes=["background", "hand"], activation="softmax")


@pytest.fixture(scope="module")
def two_channels(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Return the tutorial's network, which gives logits for background and hand."""
    return _export(_random(2), tmp_path_factory.mktemp("two") / "two.onnx", TWO_CLASSES)


@pytest.fixture(scope="module")
def one_channel(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Return a network with one channel, the probability of a hand, as in the guide."""
    network = nn.Sequential(_random(1), nn.Sigmoid())
    return _export(network, tmp_path_factory.mktemp("one") / "one.onnx", _told())


def test_the_file_s_channels_are_last(two_channels: Foreign) -> None:
    graph = onnx.load(str(two_channels.file)).graph
    axes = graph.input[0].type.tensor_type.shape.dim
    assert [axis.dim_value for axis in axes] == [1, SIDE, SIDE, 3]
    assert (graph.node[0].op_type, graph.node[-1].op_type) == ("Transpose", "Transpose")


def _softmax(logits: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return enlarged(logits.softmax(dim=1)[:, 1:], size)[0, 0] > 0.5


def _argmax(logits: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return enlarged(logits, size)[0].argmax(dim=0) == 1


@pytest.mark.parametrize("size", [(128, 128), (384, 384), (150, 200), (480, 640)])
@pytest.mark.parametrize(("activation", "rule"), [("softmax", _softmax), ("argmax", _argmax)])
def test_two_channels_of_logits_are_torch_s(
    two_channels: Foreign,
    tmp_path: Path,
    activation: str,
    rule: Callable[[torch.Tensor, tuple[int, int]], torch.Tensor],
    size: tuple[int, int],
) -> None:
    file = tmp_path / "two.onnx"
    file.write_bytes(two_channels.file.read_bytes())
    write_description(file, {**TWO_CLASSES, "activation": activation})
    frame = picture(*size)
    wanted = rule(two_channels.logits(frame), size)
    assert_same(Segmenter.load(file).segment(frame).mask(), wanted, TOLERANCE)


@pytest.mark.parametrize("size", [(128, 128), (480, 640)])
def test_one_channel_that_is_a_probability_is_torch_s(
    one_channel: Foreign, size: tuple[int, int]
) -> None:
    frame = picture(*size)
    wanted = enlarged(one_channel.logits(frame), size)[0, 0] > 0.5
    assert_same(Segmenter.load(one_channel.file).segment(frame).mask(), wanted, TOLERANCE)


def test_one_channel_of_a_logit_is_torch_s(one_channel: Foreign, tmp_path: Path) -> None:
    assert isinstance(one_channel.network, nn.Sequential)
    network = one_channel.network[0]
    logit = _export(network, tmp_path / "logit.onnx", _told(activation="sigmoid"))
    frame = picture(480, 640)
    wanted = enlarged(logit.logits(frame).sigmoid(), (480, 640))[0, 0] > 0.5
    assert_same(Segmenter.load(logit.file).segment(frame).mask(), wanted, TOLERANCE)


def test_bgr_in_place_of_rgb_would_be_noticed_here(two_channels: Foreign, tmp_path: Path) -> None:
    file = tmp_path / "bgr.onnx"
    file.write_bytes(two_channels.file.read_bytes())
    write_description(file, {**TWO_CLASSES, "input": {**TWO_CLASSES["input"], "colour": "BGR"}})
    frame = picture(480, 640)
    right = Segmenter.load(two_channels.file).segment(frame).mask()
    wrong = Segmenter.load(file).segment(frame).mask()
    assert np.mean(right != wrong) > 10 * TOLERANCE


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ({"output_layout": "NCHW"}, "NCHW need 2 channels"),
        ({"input": {**TWO_CLASSES["input"], "layout": "NCHW"}}, "C of NCHW is 3"),
    ],
)
def test_channels_first_is_refused_in_words(
    two_channels: Foreign, tmp_path: Path, description: dict[str, Any], words: str
) -> None:
    file = tmp_path / "first.onnx"
    file.write_bytes(two_channels.file.read_bytes())
    write_description(file, {**TWO_CLASSES, **description})
    with pytest.raises(ModelError, match=words):
        Segmenter.load(file)


def test_the_node_publishes_torch_s_mask(two_channels: Foreign) -> None:
    frame = picture(480, 640)
    with start_node(f"model:={two_channels.file}") as process, a_robot() as robot:
        robot.listen("hands", "mask")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        hands, mask = robot.send_and_wait(image_message(frame, "bgr8"), "hands", "mask")
        assert robot.figures()["input_size"] == f"{SIDE}x{SIDE}"
        assert process.stop() == 0
    assert hands.hands
    assert_same(to_bgr(mask)[..., 0], _softmax(two_channels.logits(frame), (480, 640)), TOLERANCE)
