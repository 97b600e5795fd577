"""Trains the head of sides anew on the features of a network whose other weights stay as they are.

The network looks at each picture once. Its deep features are kept, and the head, which is small,
learns from them many times over. What it learns is what the decoder asks: the mean logit of a
hand's cells, weighted by their mask's probability.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from handseg_ros.segmentation.hands import Side
from handseg_ros.training.averaging import follow
from handseg_ros.training.config import SideHeadConfig
from handseg_ros.training.network import HandNetwork, SideHead
from handseg_ros.training.samples import Sample
from handseg_ros.training.targets import cell_mean

# Cells of the head's own map for one of the network's maps, on either axis.
_COARSE = 4
# Cells of the head's own map around a hand that it learns from, on either axis: what it sees of a
# hand lies in fewer, and a whole picture has two and a half times as many.
_WINDOW = 16
# A hand of fewer cells, or of which less is found, is none that the decoder would ask about.
_LEAST_CELLS, _LEAST_FOUND = 6, 0.3
# From this probability on a cell is found.
_MASK = 0.6
_GRADIENT_NORM = 5.0


@dataclass(frozen=True)
class SideFeatures:
    """What the head sees of M hands, each in a window of its picture.

    `middle` and `deep` are float16 (M, C, h, w) and (M, D, h/2, w/2), features of strides 16 and
    32. `weights` is what each cell of the coarse map counts for, float32 (M, h, w), 1 in all;
    `right` is 1 for a right hand, 0 for a left one, float32 (M,).
    """

    middle: Tensor
    deep: Tensor
    weights: Tensor
    right: Tensor

    def of(self, hands: Tensor) -> SideFeatures:
        """Return some hands, by their indices, as float32 in the layout that a CPU is fast in."""
        return SideFeatures(
            self.middle[hands].float().contiguous(memory_format=torch.channels_last),
            self.deep[hands].float().contiguous(memory_format=torch.channels_last),
            self.weights[hands],
            self.right[hands],
        )


def look_at(network: HandNetwork, samples: Iterable[Sample], total: int) -> SideFeatures:
    """Return the features of the hands that are found in `total` samples of one size.

    Raises ValueError where there is none.
    """
    hands: list[tuple[Tensor, Tensor, Tensor, bool]] = []
    network.eval()
    for sample in tqdm(samples, total=total, desc="looking", unit="picture"):
        with torch.no_grad():
            taps = network.features(torch.from_numpy(sample.image)[None])
            mask = torch.sigmoid(network.heads(network.decoder(taps))[0, 0])
        for weights, is_right in _hands(sample, mask):
            rows, columns = (_window(weights.sum(dim=axis)) for axis in (1, 0))
            part = weights[rows, columns]
            middle = taps[-2][0, :, rows, columns].half()
            deep = taps[-1][0, :, _halved(rows), _halved(columns)].half()
            hands.append((middle, deep, part / part.sum(), is_right))
    if not hands:
        raise ValueError("no hand of a known side is found in these pictures")
    middles, deeps, weighted, right = zip(*hands, strict=True)
    return SideFeatures(
        torch.stack(middles),
        torch.stack(deeps),
        torch.stack(weighted),
        torch.tensor(right, dtype=torch.float32),
    )


def _window(weights: Tensor) -> slice:
    """Return the cells around a hand on one axis, from an even one on."""
    count = min(_WINDOW, len(weights))
    middle = float((weights * torch.arange(len(weights))).sum() / weights.sum())
    first = 2 * round((middle - (count - 1) / 2) / 2)
    first = min(max(first, 0), len(weights) - count)
    return slice(first, first + count)


def _halved(cells: slice) -> slice:
    return slice(cells.start // 2, cells.stop // 2)


def _hands(sample: Sample, mask: Tensor) -> Iterator[tuple[Tensor, bool]]:
    """Yield weights and side of each hand that is found, of a known side."""
    for number, side in enumerate(sample.sides, start=1):
        share = cell_mean((sample.ids == number).astype(np.float32))
        own = torch.from_numpy(share >= 0.5)
        if side == Side.UNKNOWN or own.sum() < _LEAST_CELLS:
            continue
        found = own & (mask > _MASK)
        if found.sum() >= _LEAST_FOUND * own.sum():
            yield _coarse_weights(mask * found), side == Side.RIGHT


def _coarse_weights(weights: Tensor) -> Tensor:
    """Return what the cells of the head's own map count for where its spread map's cells do so.

    `weights` is float32 (H, W); the result, (H/4, W/4), has the sum 1: it is the gradient of the
    weighted mean of the spread map.
    """
    rows, columns = weights.shape
    coarse = torch.zeros((1, 1, rows // _COARSE, columns // _COARSE), requires_grad=True)
    (SideHead.spread(coarse)[0, 0] * (weights / weights.sum())).sum().backward()
    assert coarse.grad is not None
    return coarse.grad[0, 0]


def learn_sides(head: SideHead, features: SideFeatures, config: SideHeadConfig) -> SideHead:
    """Train a head in place and return the average of its steps."""
    schedule = config.schedule
    head.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(head)
    optimizer = torch.optim.AdamW(head.parameters(), weight_decay=schedule.weight_decay)
    bar = tqdm(range(schedule.steps), desc="sides", unit="step")
    for step, hands in zip(bar, _batches(len(features.right), config.batch_size), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate * schedule.lr_factor(step)
        loss = side_loss(head, features.of(hands), config)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(head.parameters(), _GRADIENT_NORM)
        optimizer.step()
        follow(average, head, min(schedule.ema_decay, (1 + step) / (10 + step)))
        bar.set_postfix(loss=f"{float(loss.detach()):.3f}")
    return average.eval()


def _batches(hands: int, batch: int) -> Iterator[Tensor]:
    """Yield indices without end: each hand once, then all of them in another order."""
    while True:
        yield from torch.randperm(hands).split(batch)


def side_loss(head: SideHead, features: SideFeatures, config: SideHeadConfig) -> Tensor:
    """Return how far the sides of hands are from those that are known: the mean over them."""
    logits = head.coarse(features.middle, features.deep)[:, 0]
    target = config.label_smoothing + (1 - 2 * config.label_smoothing) * features.right
    single = functional.binary_cross_entropy_with_logits(
        logits, target[:, None, None].expand_as(logits), reduction="none"
    )
    cells = (single * features.weights).sum(dim=(1, 2)).mean()
    whole = (logits * features.weights).sum(dim=(1, 2))
    return functional.binary_cross_entropy_with_logits(whole, target) + config.cells * cells
