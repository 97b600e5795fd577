"""Guards networks of class maps: names of their weights, what they learn, stages, their files."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.overfitting import FACTS, HAND, OBJECT, assert_every_weight_learns, overfitted, painted
from torch import nn

from handseg_ros.segmentation.errors import MediaError, ModelError
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.networks.deeplab import DeepLabV3
from handseg_ros.training.networks.registry import NETWORKS, make_task
from handseg_ros.training.networks.resnet import Depth
from handseg_ros.training.networks.semantic import pixel_classes, pixel_loss
from handseg_ros.training.networks.unet import MobileNetV2
from handseg_ros.training.samples import IGNORE, Sample, mirrored

NARROW = {"width": 8}
# Steps with which each has the painted picture by heart, its configuration and its rate.
LEARNT: dict[str, tuple[dict[str, Any], int, float]] = {
    "deeplabv3_resnet50": ({**NARROW, "classes": "hand_object", "auxiliary": True}, 45, 3e-3),
    "unet_mobilenetv2": ({}, 14, 1e-3),
    "frame_background": ({"widths": [8, 12, 16, 24]}, 40, 1e-2),
}


def _names(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


@pytest.mark.parametrize(("depth", "entries"), [("resnet50", 370), ("resnet101", 676)])
def test_deeplab_has_torchvision_s_names_and_shapes(depth: Depth, entries: int) -> None:
    with torch.device("meta"):
        names = _names(DeepLabV3(depth, 21, auxiliary=True))
    assert len(names) == entries
    last = {"resnet50": 5, "resnet101": 22}[depth]
    assert names["backbone.conv1.weight"] == (64, 3, 7, 7)
    assert names["backbone.layer1.0.downsample.1.running_var"] == (256,)
    assert names[f"backbone.layer3.{last}.conv2.weight"] == (256, 256, 3, 3)
    assert names["backbone.layer4.2.bn3.num_batches_tracked"] == ()
    assert names["classifier.0.convs.0.0.weight"] == (256, 2048, 1, 1)
    assert names["classifier.0.convs.3.1.bias"] == (256,)
    assert names["classifier.0.convs.4.1.weight"] == (256, 2048, 1, 1)
    assert names["classifier.0.project.0.weight"] == (256, 1280, 1, 1)
    assert names["classifier.1.weight"] == (256, 256, 3, 3)
    assert names["classifier.4.weight"] == (21, 256, 1, 1)
    assert names["aux_classifier.0.weight"] == (256, 1024, 3, 3)
    assert names["aux_classifier.4.bias"] == (21,)


def test_the_u_net_s_encoder_has_torchvision_s_names_and_shapes() -> None:
    with torch.device("meta"):
        names = _names(MobileNetV2())
    assert len(names) == 301
    assert names["features.0.0.weight"] == (32, 3, 3, 3)
    assert names["features.1.conv.0.0.weight"] == (32, 1, 3, 3)
    assert names["features.1.conv.1.weight"] == (16, 32, 1, 1)
    assert names["features.2.conv.0.1.running_mean"] == (96,)
    assert names["features.14.conv.1.0.weight"] == (576, 1, 3, 3)
    assert names["features.17.conv.2.weight"] == (320, 960, 1, 1)


@pytest.fixture(scope="module", params=LEARNT)
def learnt(request: pytest.FixtureRequest) -> tuple[str, nn.Module, list[float]]:
    """Return a network that has learnt the painted picture, by its name."""
    fields, steps, rate = LEARNT[request.param]
    # Equal pictures would have no variance of their means, which DeepLab normalises by.
    samples = [painted(), mirrored(painted(1))]
    module, losses = overfitted(make_task(request.param, fields), samples, steps, rate)
    return request.param, module, losses


def test_it_learns_a_picture_and_its_file_finds_the_hand(
    learnt: tuple[str, nn.Module, list[float]], tmp_path: Path
) -> None:
    name, module, losses = learnt
    task, sample = make_task(name, LEARNT[name][0]), painted()
    assert losses[-1] < 0.3 * losses[0]
    task.export(module, task.describe(FACTS), tmp_path / "mine.onnx")
    segmenter = Segmenter.load(tmp_path / "mine.onnx")
    if segmenter.takes_background:
        assert sample.background is not None
        segmenter = segmenter.with_background(sample.background[..., ::-1].copy())
    found = segmenter.segment(sample.image[..., ::-1].copy())
    masks = [(found.mask(), sample.hand)]
    if found.objects is not None:
        assert sample.objects is not None
        masks.append((found.object_mask(), sample.objects))
    for mask, known in masks:
        both, either = (mask > 0) & known, (mask > 0) | known
        assert both.sum() > 0.7 * either.sum()


def test_mixed_precision_reaches_every_weight(
    learnt: tuple[str, nn.Module, list[float]],
) -> None:
    name, module, _ = learnt
    assert_every_weight_learns(make_task(name, LEARNT[name][0]), module, painted())


def test_every_weight_is_in_one_part(learnt: tuple[str, nn.Module, list[float]]) -> None:
    name, module, _ = learnt
    parts = make_task(name, LEARNT[name][0]).parts(module)
    weights = [weight for part in parts.values() for weight in part.parameters()]
    assert "encoder" in parts
    assert {id(weight) for weight in weights} == {id(weight) for weight in module.parameters()}


def test_a_stage_goes_on_with_a_new_head(tmp_path: Path) -> None:
    first = make_task("deeplabv3_resnet50", NARROW)
    module = first.build()
    torch.save({"averaged": module.state_dict()}, tmp_path / "checkpoint.pt")
    second = make_task("deeplabv3_resnet50", {**NARROW, "classes": "hand_object"})
    other = second.build()
    loaded = second.load(other, tmp_path / "checkpoint.pt")
    assert loaded.left_out == loaded.fresh == ("classifier.4.weight", "classifier.4.bias")
    left_out, fresh = loaded.notes("hands.pth")
    assert "hands.pth: 2 weights (classifier.4.weight, classifier.4.bias)" in left_out
    assert "nothing that fits 2 weights (classifier.4.weight, classifier.4.bias)" in fresh
    for name, value in module.state_dict().items():
        if not name.startswith("classifier.4."):
            torch.testing.assert_close(other.state_dict()[name], value)


def test_a_classifier_s_weights_fill_the_body(tmp_path: Path) -> None:
    task = make_task("deeplabv3_resnet50", NARROW)
    body = task.build().get_submodule("backbone").state_dict()
    torch.save({**body, "fc.weight": torch.zeros(10, 256)}, tmp_path / "resnet50.pth")
    loaded = task.load(task.build(), tmp_path / "resnet50.pth")
    assert loaded.left_out == ("backbone.fc.weight",)
    assert all(name.startswith("classifier.") for name in loaded.fresh)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"other.weight": torch.zeros(3, 3)}, "holds no weights for DeepLabV3"),
        ({"step": 3}, "holds no weights: give"),
        (b"PK", "no file of weights that torch reads"),
        (None, "cannot be read: No such file"),
    ],
)
def test_other_files_are_refused_in_words(content: object, words: str, tmp_path: Path) -> None:
    task, file = make_task("deeplabv3_resnet50", NARROW), tmp_path / "weights.pth"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        torch.save(content, file)
    with pytest.raises(ModelError, match=words):
        task.load(task.build(), file)


def test_classes_of_pixels() -> None:
    sample = painted()
    ids = sample.ids.copy()
    ids[0, 0] = IGNORE
    known = Sample(sample.image, ids, sample.sides, sample.objects)
    classes = pixel_classes(known, "hand_object")
    assert (classes[0, 0], classes[1, 1]) == (255, 0)
    assert (classes[HAND] == 1).all()
    assert (classes[OBJECT] == 2).all()
    without = pixel_classes(Sample(sample.image, ids, sample.sides), "hand_object")
    assert (without[0, 0], without[1, 1], without[12, 20]) == (255, 254, 1)
    assert set(np.unique(pixel_classes(known, "hand"))) == {0, 1, 255}


def test_no_hand_is_all_that_a_picture_without_known_objects_tells() -> None:
    logits = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    probabilities = logits.softmax(1).flatten()
    wanted = [-probabilities[1].log(), -(1 - probabilities[1]).log(), torch.tensor(0.0)]
    for target, loss in zip((1, 254, 255), wanted, strict=True):
        found = pixel_loss(logits, torch.full((1, 1, 1), target, dtype=torch.uint8))
        torch.testing.assert_close(found, loss)


def test_a_frame_needs_its_background() -> None:
    sample = painted()
    with pytest.raises(MediaError, match="has no background to compare it with"):
        make_task("frame_background", {}).prepare([Sample(sample.image, sample.ids, sample.sides)])


def test_names_and_fields_are_checked() -> None:
    with pytest.raises(ValueError, match="one of hands, hands_int8, deeplabv3"):
        make_task("other", {})
    with pytest.raises(ValueError, match="unknown"):
        make_task("unet_mobilenetv2", {"width": 3})
    for name in NETWORKS:
        assert make_task(name, {}).name == name
