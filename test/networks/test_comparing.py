"""Guards that networks which compare frames with a background give the masks that torch gives."""

# SPDX-License-Identifier: Apache-2.0

# The layers are those of the Human Segmentation that this family follows: three convolutions that
# both pictures share, deconvolutions behind, two classes, a person from p > 0.95. Its weights are
# trained for seconds on painted hands.

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from handseg_ros.srv import CaptureBackground
from support.camera_images import image_message
from support.comparing import DESCRIPTION, SIDE, prepare, trained_network, with_hand, with_noise
from support.node import start_node
from support.robot import a_robot
from support.torch_twin import Foreign, assert_same, enlarged, export, picture

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.onnx_export.export import export_standalone
from handseg_ros.onnx_export.export_request import ExportRequest
from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.segmenter import Segmenter

MASK = 0.95


@pytest.fixture(scope="module")
def comparing(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Return the trained network and its file."""
    file = tmp_path_factory.mktemp("comparing") / "comparing.onnx"
    images = torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1, 3, SIDE, SIDE)
    return export(trained_network(), prepare, file, DESCRIPTION, *images)


@pytest.mark.parametrize("size", [(128, 128), (384, 384), (150, 200), (480, 640)])
def test_masks_are_torch_s(comparing: Foreign, size: tuple[int, int]) -> None:
    scene = with_hand(np.random.default_rng(1), picture(*size))
    probability = comparing.logits(scene.frame, scene.background).softmax(dim=1)[:, 1:]
    wanted = enlarged(probability, size)[0, 0] > MASK
    segmenter = Segmenter.load(comparing.file).with_background(scene.background)
    assert_same(segmenter.segment(scene.frame).mask(), wanted)
    overlap = wanted.numpy() & scene.hand
    assert overlap.sum() > 0.5 * (wanted.numpy() | scene.hand).sum(), "the hand should be found"


def test_the_answer_is_that_to_the_background(comparing: Foreign) -> None:
    scene = with_hand(np.random.default_rng(1), picture(480, 640))
    segmenter = Segmenter.load(comparing.file)
    on_itself = segmenter.with_background(scene.frame).segment(scene.frame)
    assert not on_itself.mask().any()
    on_room = segmenter.with_background(scene.background).segment(scene.frame)
    assert on_room.hands


def test_the_standalone_graph_gives_torch_s_masks(comparing: Foreign, tmp_path: Path) -> None:
    out = tmp_path / "alone.onnx"
    export_standalone(ExportRequest(str(comparing.file), out, colour="BGR"))
    scene = with_hand(np.random.default_rng(1), picture(480, 640))
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    (mask,) = session.run(None, {"image": scene.frame, "background": scene.background})
    probability = comparing.logits(scene.frame, scene.background).softmax(dim=1)[:, 1:]
    assert_same(mask, enlarged(probability, (480, 640))[0, 0] > MASK)
    with pytest.raises(ModelError, match=r"background, which .* lack: leave --int8 out"):
        export_standalone(ExportRequest(str(comparing.file), out, calibration=str(tmp_path)))


def test_import_knows_them_by_their_two_images(comparing: Foreign, tmp_path: Path) -> None:
    file = tmp_path / "theirs.onnx"
    file.write_bytes(comparing.file.read_bytes())
    scene = with_hand(np.random.default_rng(1), picture(480, 640))
    overrides = Overrides(colour="RGB", normalisation="symmetric")
    model = describe_foreign(file, scene.frame, overrides, scene.background)
    own = parse_description(comparing.file.with_suffix(".yaml").read_text(), "the test")
    description = model.description
    assert (description.family, description.outputs) == ("frame_background", own.outputs)
    assert description.input.names == own.input.names
    assert (description.classes, description.activation) == (own.classes, "softmax")
    assert model.chosen.segmentation.mask()[scene.hand].mean() > 127
    with pytest.raises(ModelError, match=r"takes two images.*--background"):
        describe_foreign(file, scene.frame, overrides)


def test_the_node_captures_a_background_and_gives_torch_s_masks(
    comparing: Foreign, tmp_path: Path
) -> None:
    generator = np.random.default_rng(2)
    room = picture(480, 640)
    scene = with_hand(generator, room)
    noisy = [image_message(with_noise(generator, room), "bgr8") for _ in range(8)]
    turns = itertools.cycle(noisy)
    kept = tmp_path / "kept.png"
    message = image_message(scene.frame, "bgr8")
    parameters = f"model:={comparing.file}", f"background_file:={kept}"
    with start_node(*parameters) as process, a_robot() as robot:
        robot.listen("mask")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        unanswered = robot.send(message)
        assert robot.wait_for_figure("frames_without_background", 1)
        response = robot.call(
            CaptureBackground,
            "capture_background",
            CaptureBackground.Request(averaging_time=1.0),
            lambda: robot.send(next(turns)),
        )
        assert response.success, response.message
        (mask,) = robot.send_and_wait(message, "mask")
        assert robot.answer("mask", unanswered) is None
        assert process.stop() == 0
    assert mask.header == message.header
    background = cv2.imread(str(kept))
    assert background is not None
    apart = [np.abs(image - 1.0 * room).mean() for image in (background, to_bgr(noisy[0]))]
    assert apart[0] < 0.8 * apart[1], "noise should average out"
    probability = comparing.logits(scene.frame, background).softmax(dim=1)[:, 1:]
    assert_same(to_bgr(mask)[..., 0], enlarged(probability, (480, 640))[0, 0] > MASK)
