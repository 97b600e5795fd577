"""Guards Mask R-CNN as a task: names of weights, what it learns, its file, published weights."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.overfitting import FACTS, assert_every_weight_learns, overfitted, painted
from torch import nn

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.networks.detection_fidelity import check_detections, compare_detections
from handseg_ros.training.networks.mask_rcnn import MaskRcnn
from handseg_ros.training.networks.mask_rcnn_task import LOGITS, OneImage, hand_boxes
from handseg_ros.training.networks.model_file import answers, random_images
from handseg_ros.training.networks.registry import make_task
from handseg_ros.training.networks.resnet import FrozenBatchNorm2d
from handseg_ros.training.networks.tensors import imagenet_normalised
from handseg_ros.training.samples import Sample

NARROW = {"width": 8, "pyramid_width": 16, "box_width": 32}
TASK = make_task("maskrcnn_resnet50_fpn", {**NARROW, "classes": "left_right"})


@pytest.mark.parametrize(("norm", "entries"), [(nn.BatchNorm2d, 360), (FrozenBatchNorm2d, 307)])
def test_its_names_and_shapes_are_torchvision_s(norm: type[nn.Module], entries: int) -> None:
    with torch.device("meta"):
        module = MaskRcnn("resnet50", 91, norm)
    names = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    assert len(names) == entries
    assert names["backbone.body.layer4.2.conv3.weight"] == (2048, 512, 1, 1)
    assert names["backbone.fpn.inner_blocks.3.0.weight"] == (256, 2048, 1, 1)
    assert names["backbone.fpn.layer_blocks.0.0.bias"] == (256,)
    assert names["rpn.head.conv.0.0.weight"] == (256, 256, 3, 3)
    assert names["rpn.head.cls_logits.weight"] == (3, 256, 1, 1)
    assert names["rpn.head.bbox_pred.bias"] == (12,)
    assert names["roi_heads.box_head.fc6.weight"] == (1024, 12544)
    assert names["roi_heads.box_head.fc7.bias"] == (1024,)
    assert names["roi_heads.box_predictor.cls_score.weight"] == (91, 1024)
    assert names["roi_heads.box_predictor.bbox_pred.weight"] == (364, 1024)
    assert names["roi_heads.mask_head.3.0.weight"] == (256, 256, 3, 3)
    assert names["roi_heads.mask_predictor.conv5_mask.weight"] == (256, 256, 2, 2)
    assert names["roi_heads.mask_predictor.mask_fcn_logits.weight"] == (91, 256, 1, 1)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Return a network with random weights."""
    torch.manual_seed(0)
    return TASK.build()


@pytest.mark.nightly
def test_it_learns_a_picture_and_its_file_finds_the_hand(tmp_path: Path) -> None:
    module, losses = overfitted(TASK, [painted(), painted(1)], 60, 3e-3)
    sample = painted()
    assert losses[-1] < 0.4 * losses[0]
    TASK.export(module, TASK.describe(FACTS), tmp_path / "mine.onnx")
    found = Segmenter.load(tmp_path / "mine.onnx").segment(sample.image[..., ::-1].copy())
    assert found.hands
    assert found.hands[0].side is Side.LEFT
    mask = np.zeros(sample.ids.shape, bool)
    box = found.hands[0].box
    mask[box.y : box.y + box.height, box.x : box.x + box.width] = found.hands[0].mask > 0
    assert (mask & sample.hand).sum() > 0.6 * (mask | sample.hand).sum()


def test_a_step_lowers_the_loss() -> None:
    _, losses = overfitted(TASK, [painted(), painted(1)], 4, 3e-3)
    assert losses[-1] < losses[0]


@pytest.fixture(scope="module", params=[True, False], ids=["finds hands", "finds nothing"])
def exported(
    request: pytest.FixtureRequest, network: nn.Module, tmp_path_factory: pytest.TempPathFactory
) -> tuple[nn.Module, Path, bool]:
    """Return a network that finds something in any picture, or nothing, and its file."""
    module = copy.deepcopy(network).eval()
    with torch.no_grad():
        module.get_parameter(f"{LOGITS}.bias")[0] = -3.0 if request.param else 9.0
    file = tmp_path_factory.mktemp("exported") / "mine.onnx"
    TASK.export(module, TASK.describe(FACTS), file)
    return module, file, request.param


def test_the_file_answers_as_torch_does_whatever_it_finds(
    exported: tuple[nn.Module, Path, bool],
) -> None:
    module, file, finds = exported
    assert [item.name for item in file.parent.iterdir()] == ["mine.onnx"]
    assert Segmenter.load(file).description == TASK.describe(FACTS)
    images = random_images(TASK.describe(FACTS))
    wanted = module(imagenet_normalised(images[0]))[0]
    assert (len(wanted[0]) > 0) is finds
    found = answers(file, TASK.describe(FACTS), images)
    compare_detections(found, [value.detach().numpy() for value in wanted], file)


@pytest.mark.parametrize("layer", ["box_head.fc7", "mask_predictor.mask_fcn_logits"])
def test_a_file_of_other_weights_is_refused_also_where_it_finds_nothing(
    layer: str, exported: tuple[nn.Module, Path, bool]
) -> None:
    module, file, _ = exported
    other = copy.deepcopy(module)
    with torch.no_grad():
        other.get_parameter(f"roi_heads.{layer}.bias").add_(1.0)
    with pytest.raises(ModelError, match="detections are in one of both alone"):
        check_detections(
            OneImage(other), f"network.{LOGITS}.bias", TASK.describe(FACTS), file, file
        )


def test_detections_are_compared_whatever_their_order() -> None:
    boxes = np.array([[0, 0, 9, 9], [20, 0, 40, 30]], np.float32)
    one = [boxes, np.array([1, 2]), np.array([0.9, 0.8], np.float32), np.zeros((2, 1, 28, 28))]
    compare_detections([value[::-1] for value in one], one, Path("x.onnx"))
    for index, change in enumerate((2.0, 1, 0.1, 0.3)):
        other = [value + change if index == place else value for place, value in enumerate(one)]
        with pytest.raises(ModelError, match="4 of 4 detections are in one of both alone"):
            compare_detections(other, one, Path("x.onnx"))
    none = [value[:0] for value in one]
    with pytest.raises(ModelError, match="2 of 2 detections"):
        compare_detections(none, one, Path("x.onnx"))


def test_mixed_precision_reaches_every_weight(network: nn.Module) -> None:
    assert_every_weight_learns(TASK, network, painted())


def test_a_picture_without_hands_reaches_every_weight(
    network: nn.Module,
) -> None:
    sample = painted()
    assert_every_weight_learns(TASK, network, Sample(sample.image, sample.ids * 0))


def test_every_weight_is_in_one_part(network: nn.Module) -> None:
    parts = TASK.parts(network).values()
    weights = [id(weight) for part in parts for weight in part.parameters()]
    assert sorted(weights) == sorted(id(weight) for weight in network.parameters())


def test_published_weights_of_other_classes_leave_new_heads(
    network: nn.Module, tmp_path: Path
) -> None:
    # The first release of torchvision's names.
    old = {
        name.replace("rpn.head.conv.0.0", "rpn.head.conv")
        .replace("blocks.2.0.", "blocks.2.")
        .replace("mask_head.0.0", "mask_head.mask_fcn1"): value
        for name, value in network.state_dict().items()
    }
    assert "roi_heads.mask_head.mask_fcn1.weight" in old
    assert "backbone.fpn.inner_blocks.2.weight" in old
    torch.save(old, tmp_path / "published.pth")
    task = make_task("maskrcnn_resnet50_fpn", {**NARROW, "batch_norm": "frozen"})
    loaded = task.load(task.build(), tmp_path / "published.pth")
    heads = ("box_predictor.cls_score", "box_predictor.bbox_pred", "mask_predictor.mask_fcn_logits")
    wanted = {f"roi_heads.{head}.{kind}" for head in heads for kind in ("weight", "bias")}
    assert set(loaded.left_out) == set(loaded.fresh) == wanted


def test_a_classifier_s_weights_fill_the_body(network: nn.Module, tmp_path: Path) -> None:
    body = network.get_submodule("backbone.body").state_dict()
    torch.save({**body, "fc.bias": torch.zeros(10)}, tmp_path / "resnet50.pth")
    loaded = TASK.load(TASK.build(), tmp_path / "resnet50.pth")
    assert loaded.left_out == ("backbone.body.fc.bias",)
    assert not any(name.startswith("backbone.body.") for name in loaded.fresh)


def test_boxes_labels_and_masks_of_hands() -> None:
    sample = painted()
    ids = sample.ids.copy()
    ids[50:60, 2:9], ids[0, 0] = 2, 255
    two = replace(sample, ids=ids, sides=(Side.RIGHT, Side.UNKNOWN, Side.LEFT))
    boxes, labels, masks = hand_boxes(two, "left_right")
    assert boxes.tolist() == [[20, 12, 60, 44], [2, 50, 9, 60]]
    assert labels.tolist() == [2, -1]
    assert (masks[1] == (ids == 2)).all()
    assert hand_boxes(two, "hand")[1].tolist() == [1, 1]
