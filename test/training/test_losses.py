"""Guards the loss: ignored cells teach nothing, a right answer costs little, a wrong one much."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import torch

from handseg_ros.segmentation.hands import Side
from handseg_ros.training.losses import LossWeights, hand_loss
from handseg_ros.training.samples import IGNORE, PART, Sample
from handseg_ros.training.targets import make_targets


def targets(ids: np.ndarray, *sides: Side) -> torch.Tensor:
    image = np.zeros((*ids.shape, 3), np.uint8)
    return torch.from_numpy(make_targets(Sample(image, ids, sides)).stacked())[None]


def one_hand() -> np.ndarray:
    ids = np.zeros((64, 64), np.uint8)
    ids[16:48, 16:48] = 1
    return ids


def answer(wanted: torch.Tensor, certainty: float) -> torch.Tensor:
    """Return maps that say what the targets say; negative `certainty` says the opposite."""
    sign = lambda part: (2 * part - 1) * certainty  # noqa: E731
    peak = (wanted[:, 2] >= 1).float()
    return torch.stack(
        [sign(wanted[:, 0]), sign(peak), wanted[:, 4], wanted[:, 5], sign(wanted[:, 7])], dim=1
    )


def test_the_right_answer_is_cheap_and_the_opposite_is_not() -> None:
    wanted = targets(one_hand(), Side.RIGHT)
    right, parts = hand_loss(answer(wanted, 8.0), wanted, LossWeights())
    wrong, _ = hand_loss(answer(wanted, -8.0), wanted, LossWeights())
    assert set(parts) == {"mask", "dice", "centre", "offset", "side"}
    assert right < 0.3
    assert wrong > 10


def test_ignored_cells_have_no_gradient() -> None:
    ids = one_hand()
    ids[:, 32:] = IGNORE
    maps = torch.zeros((1, 5, 16, 16), requires_grad=True)
    loss, _ = hand_loss(maps, targets(ids, Side.RIGHT), LossWeights())
    loss.backward()
    assert maps.grad is not None
    assert maps.grad[..., 8:].abs().max() == 0
    assert maps.grad[:, 0, :, :8].abs().min() > 0


def test_a_part_of_a_hand_teaches_its_mask_alone() -> None:
    ids = np.where(one_hand() == 1, PART, 0).astype(np.uint8)
    maps = torch.zeros((1, 5, 16, 16), requires_grad=True)
    loss, _ = hand_loss(maps, targets(ids), LossWeights())
    loss.backward()
    assert maps.grad is not None
    assert maps.grad[0, 0, 4:12, 4:12].max() < 0
    assert maps.grad[0, 1:, 4:12, 4:12].abs().max() == 0
    assert maps.grad[0, 1, :4].min() > 0


def test_an_unknown_side_has_no_gradient() -> None:
    maps = torch.zeros((1, 5, 16, 16), requires_grad=True)
    loss, _ = hand_loss(maps, targets(one_hand(), Side.UNKNOWN), LossWeights())
    loss.backward()
    assert maps.grad is not None
    assert maps.grad[:, 4].abs().max() == 0
    assert maps.grad[:, 2:4].abs().max() > 0


def test_marks_on_a_picture_without_hands_cost() -> None:
    wanted = targets(np.zeros((64, 64), np.uint8))
    silent, _ = hand_loss(torch.full((1, 5, 16, 16), -8.0), wanted, LossWeights())
    loud, _ = hand_loss(torch.full((1, 5, 16, 16), 2.0), wanted, LossWeights())
    assert silent < 0.05
    assert loud > 2
