"""How well the averaged network does on pictures that it never learns from, and when to stop."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import cv2
import numpy as np
import torch
from torch import nn

from handseg_ros.segmentation.validation import Range, StrictFields
from handseg_ros.training.augmentation import PADDING
from handseg_ros.training.chance import seed_torch
from handseg_ros.training.field_types import Count
from handseg_ros.training.networks.task import TrainingTask
from handseg_ros.training.processes import Processes
from handseg_ros.training.samples import BACKGROUND, Sample
from handseg_ros.training.scales import Size

_BATCH = 4


@dataclass(frozen=True)
class ValidationConfig(StrictFields):
    """After every so many steps the loss of at most `pictures` pictures is taken.

    Where it has not fallen for `patience` times in a row, the training ends; 0 lets it go on.
    """

    every: Count = 100
    patience: Annotated[int, Range(0)] = 0
    pictures: Count = 100


@dataclass
class BestLoss:
    """The least loss so far, the step it was at, and how often it was missed since."""

    loss: float = float("inf")
    step: int = 0
    missed: int = 0

    def take(self, loss: float, step: int) -> bool:
        """Count a loss; returns whether it is the least."""
        if loss < self.loss:
            self.loss, self.step, self.missed = loss, step, 0
            return True
        self.missed += 1
        return False


class Validation:
    """Pictures as the node would see them: whole, at the network's size, not augmented."""

    def __init__(
        self, config: ValidationConfig, task: TrainingTask, samples: Sequence[Sample], size: Size
    ) -> None:
        """Take some of the samples, evenly over all of them."""
        count = min(len(samples), config.pictures)
        self.config = config
        self._task, self._size, self._samples = task, size, samples
        self._chosen = [int(i) for i in np.linspace(0, len(samples) - 1, count).round()]

    def losses(self, module: nn.Module, processes: Processes) -> dict[str, float]:
        """Return the mean of each part of the loss; each process takes some of the pictures.

        The same weights have the same loss each time, also where boxes are drawn by chance.
        """
        starts = range(0, len(self._chosen), _BATCH)
        totals: dict[str, torch.Tensor] = {}
        module.eval()
        with torch.no_grad():
            for start in starts[processes.rank :: processes.count]:
                chosen = self._chosen[start : start + _BATCH]
                seed_torch(start)
                inputs, targets = self._task.prepare(
                    [letterboxed(self._samples[index], self._size) for index in chosen]
                )
                moved = tuple(item.to(processes.device) for item in inputs)
                known = {name: item.to(processes.device) for name, item in targets.items()}
                for name, part in self._task.loss(module, moved, known).items():
                    weighted = part.float() * len(chosen) / len(self._chosen)
                    totals[name] = totals.get(name, torch.zeros_like(weighted)) + weighted
        return self._gathered(totals, processes)

    def _gathered(
        self, totals: Mapping[str, torch.Tensor], processes: Processes
    ) -> dict[str, float]:
        if processes.count == 1:
            return {name: float(value) for name, value in totals.items()}
        gathered: list[Any] = [None] * processes.count
        torch.distributed.all_gather_object(
            gathered, {name: float(value) for name, value in totals.items()}
        )
        names = sorted({name for item in gathered for name in item})
        return {name: sum(item.get(name, 0.0) for item in gathered) for name in names}


def letterboxed(sample: Sample, size: Size) -> Sample:
    """Return the whole sample at `size` (height, width), padded right and below."""
    height, width = sample.ids.shape
    scale = min(size[0] / height, size[1] / width)
    fitted = max(1, round(width * scale)), max(1, round(height * scale))
    ids = np.full(size, BACKGROUND, np.uint8)
    inside = slice(0, fitted[1]), slice(0, fitted[0])
    ids[inside] = cv2.resize(sample.ids, fitted, interpolation=cv2.INTER_NEAREST_EXACT)
    objects = sample.objects
    if objects is not None:
        fitted_objects = np.zeros(size, bool)
        small = cv2.resize(objects.astype(np.uint8), fitted, interpolation=cv2.INTER_NEAREST_EXACT)
        fitted_objects[inside] = small > 0
        objects = fitted_objects
    empty = sample.background
    return Sample(
        _padded(sample.image, fitted, size),
        ids,
        sample.sides,
        objects,
        None if empty is None else _padded(empty, fitted, size),
    )


def _padded(image: np.ndarray, fitted: tuple[int, int], size: Size) -> np.ndarray:
    """Return an image scaled to `fitted` (width, height), and padded to `size`."""
    padded = np.full((*size, 3), PADDING, np.uint8)
    scaled = cv2.resize(image, fitted, interpolation=cv2.INTER_AREA)
    padded[: fitted[1], : fitted[0]] = scaled
    return padded
