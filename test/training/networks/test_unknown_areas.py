"""Guards that Mask R-CNN learns nothing of areas of which nobody knows whether they are hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.overfitting import HEIGHT, OBJECT, WIDTH, assert_every_weight_learns, painted
from torch import Tensor

from handseg_ros.training.networks.detection.known import Known, unknown_shares
from handseg_ros.training.networks.detection.proposals import proposal_loss
from handseg_ros.training.networks.detection.roi_heads import Pyramid, RoiHeads
from handseg_ros.training.networks.registry import make_task
from handseg_ros.training.samples import IGNORE, PART, Sample

NARROW = {"width": 8, "pyramid_width": 16, "box_width": 32}
TASK = make_task("maskrcnn_resnet50_fpn", NARROW)
# Of the labelled hand, of the other of which nobody knows, and of bare background.
BOXES = torch.tensor([[20.0, 12, 60, 44], [64, 12, 88, 44], [4, 48, 40, 62]])


def _with_unknown(value: int) -> Sample:
    sample = painted()
    ids = sample.ids.copy()
    ids[OBJECT] = value
    return replace(sample, ids=ids)


def _known(sample: Sample) -> Known:
    _, targets = TASK.prepare([sample])
    names = ("boxes", "labels", "masks", "unknown")
    return Known(*(targets[name][0] for name in names))


def test_the_share_of_a_box_is_that_of_what_it_sees_of_the_image() -> None:
    unknown = torch.zeros((10, 20), dtype=torch.uint8)
    unknown[0:4, 0:10] = 1
    boxes = [[0, 0, 10, 4], [0, 0, 10, 8], [-10, -4, 5, 8], [12, 5, 18, 9], [-9, -9, -1, -1]]
    shares = unknown_shares(unknown, torch.tensor(boxes, dtype=torch.float32))
    assert shares.tolist() == [1.0, 0.5, 0.5, 0.0, 0.0]


@pytest.mark.parametrize("value", [IGNORE, PART])
def test_anchors_there_have_no_part_in_the_loss(value: int) -> None:
    known = _known(_with_unknown(value))
    logits = torch.zeros((1, 3), requires_grad=True)
    losses = proposal_loss(logits, torch.zeros((1, 3, 4)), BOXES, [known])
    (gradient,) = torch.autograd.grad(losses["loss_objectness"], logits)
    assert (gradient[0].sign()).tolist() == [-1.0, 0.0, 1.0]


def _head_losses(boxes: Tensor, known: Known) -> dict[str, float]:
    torch.manual_seed(0)
    heads = RoiHeads(4, 8, 2)
    levels = [torch.rand(1, 4, HEIGHT // 2**k, WIDTH // 2**k) for k in range(2, 6)]
    pyramid = Pyramid(levels, (HEIGHT, WIDTH))
    losses = heads.losses(pyramid, [boxes], [known])
    return {name: float(loss.detach()) for name, loss in losses.items()}


@pytest.mark.parametrize("value", [IGNORE, PART])
def test_proposals_there_are_no_background(value: int) -> None:
    known = _known(_with_unknown(value))
    without = _head_losses(BOXES[[0, 2]], known)
    assert _head_losses(BOXES, known) == pytest.approx(without)
    assert _head_losses(BOXES, _known(painted())) != pytest.approx(without)


def test_a_mask_is_learned_of_known_pixels_alone() -> None:
    known = _known(painted())
    nowhere = replace(known, unknown=torch.ones_like(known.unknown))
    assert _head_losses(BOXES[:1], known)["loss_mask"] > 0
    assert _head_losses(BOXES[:1], nowhere)["loss_mask"] == 0
    right = known.unknown.clone()
    right[:, 40:] = 1
    half = replace(known, unknown=right)
    told = replace(half, masks=known.masks * (1 - right))
    # What the mask says 2 pixels and more inside of the unknown half is not asked for.
    told.masks[:, :, 38:42] = known.masks[:, :, 38:42]
    assert _head_losses(BOXES[:1], half)["loss_mask"] == pytest.approx(
        _head_losses(BOXES[:1], told)["loss_mask"]
    )


def test_a_picture_of_which_nothing_is_known_reaches_every_weight() -> None:
    sample = painted()
    nothing = replace(sample, ids=np.full_like(sample.ids, IGNORE))
    torch.manual_seed(0)
    assert_every_weight_learns(TASK, TASK.build(), nothing)
    losses = TASK.loss(TASK.build().train(), *TASK.prepare([nothing]))
    assert {float(loss.detach()) for loss in losses.values()} == {0.0}
