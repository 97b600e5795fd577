"""Means of a network: over its steps (EMA), and of its statistics over the parts of a step."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from torch import nn

from handseg_ros.training.processes import Processes


def follow(average: nn.Module, module: nn.Module, keep: float) -> None:
    """Move an average towards a module by 1 - `keep`; counters are copied."""
    with torch.no_grad():
        source = module.state_dict()
        for name, value in average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(source[name], 1 - keep)
            else:
                value.copy_(source[name])


class StepStatistics:
    """What normalisations learn of a step's parts: each part from the same start, then the mean.

    So it is the same whether one process takes all parts or several take some.
    """

    def __init__(self, module: nn.Module, processes: Processes, parts: int) -> None:
        """Begin a step of which this process takes `parts` parts."""
        needed = parts > 1 or processes.count > 1
        self._buffers = list(module.buffers()) if needed else []
        self._before = [item.clone() for item in self._buffers]
        self._sums = [torch.zeros_like(item) for item in self._buffers]
        self._processes, self._parts = processes, parts

    def end_part(self) -> None:
        """Keep what a part has taught, and let the next begin where this one did."""
        for own, before, total in zip(self._buffers, self._before, self._sums, strict=True):
            total += own
            own.copy_(before)

    def end_step(self) -> None:
        """Give the network the mean of all parts of all processes; counters count steps."""
        for own, total in zip(self._buffers, self._sums, strict=True):
            own.copy_(self._processes.mean(total / self._parts))
