"""The pictures of each step, as tensors: which they are depends on seed and step alone."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np
from torch.utils.data import DataLoader, Dataset

from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.networks.task import Inputs, Targets, TrainingTask
from handseg_ros.training.processes import Processes
from handseg_ros.training.samples import Sample
from handseg_ros.training.scales import Size

# What one process takes of a step, a part after the other.
Parts = list[tuple[Inputs, Targets]]


class Pictures(Protocol):
    """Makes training pictures: the same number and size give the same picture."""

    def make(self, number: int, size: Size | None = None) -> Sample: ...


class StepBatches(Dataset[Parts]):
    """This process's parts of steps `first` to `last`, a whole step each."""

    def __init__(
        self,
        task: TrainingTask,
        pictures: Pictures,
        config: TrainingConfig,
        processes: Processes,
        first: int,
        last: int,
    ) -> None:
        self._task, self._pictures, self._config = task, pictures, config
        self._rank, self._processes = processes.rank, processes.count
        self._first, self._last = first, max(first, last)

    def __len__(self) -> int:
        return self._last - self._first

    def __getitem__(self, index: int) -> Parts:
        scales, step = self._config.sizes, self._first + index
        size, count = scales.at(self._config.seed, step)
        # Numbers are never used twice, whatever sizes the steps before had.
        start = step * max(scales.batch_sizes)
        numbers = np.array_split(
            np.arange(start, start + count), self._config.optimisation.accumulation
        )
        return [
            self._task.prepare([self._pictures.make(int(number), size) for number in part])
            for part in numbers[self._rank :: self._processes]
        ]


def load_batches(batches: StepBatches, workers: int, pin: bool) -> Iterator[Parts]:
    """Yield the steps in their order, prepared by so many processes, 0 for this one."""
    return iter(
        DataLoader(
            batches,
            batch_size=None,
            shuffle=False,
            num_workers=workers,
            pin_memory=pin,
            worker_init_fn=_leave_interrupts_to_the_trainer,
        )
    )


def _leave_interrupts_to_the_trainer(_worker: int) -> None:
    # A terminal's Ctrl-C reaches all its processes, and the step at hand still needs its pictures.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)
