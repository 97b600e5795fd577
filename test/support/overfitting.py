"""A picture with a hand that a network learns by heart in a few steps."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.networks.task import ModelFacts, TrainingTask
from handseg_ros.training.samples import Sample

HEIGHT, WIDTH = 64, 96
HAND = (slice(12, 44), slice(20, 60))
OBJECT = (slice(12, 44), slice(64, 88))
FACTS = ModelFacts("mine", "1", "MIT", "any", Thresholds(0.5, 0.5, 0.01), WIDTH, HEIGHT)


def painted(seed: int = 0) -> Sample:
    """Return a sample with a hand, an object beside it, and the same view without both."""
    background = np.random.default_rng(seed).integers(0, 80, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    image, ids = background.copy(), np.zeros((HEIGHT, WIDTH), np.uint8)
    objects = np.zeros((HEIGHT, WIDTH), bool)
    image[HAND], ids[HAND] = (220, 160, 130), 1
    image[OBJECT], objects[OBJECT] = (40, 90, 230), True
    return Sample(image, ids, (Side.LEFT,), objects, background)


def overfitted(
    task: TrainingTask, samples: Sequence[Sample], steps: int, rate: float = 1e-3
) -> tuple[nn.Module, list[float]]:
    """Return a network that has seen the samples so often, and the loss of each step."""
    torch.manual_seed(0)
    module = task.build()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.5  # its statistics are of the last steps
    inputs, targets = task.prepare(samples)
    optimizer = torch.optim.Adam(module.parameters(), rate)
    losses = []
    for _ in range(steps):
        total = torch.stack(list(task.loss(module.train(), inputs, targets).values())).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        losses.append(float(total.detach()))
    with torch.no_grad():
        for _ in range(4):  # the statistics are those of the last weights
            task.loss(module.train(), inputs, targets)
    return module.eval(), losses


def assert_every_weight_learns(task: TrainingTask, module: nn.Module, sample: Sample) -> None:
    """A step in mixed precision gives every weight a finite gradient, as several processes need."""
    inputs, targets = task.prepare([sample, sample])
    module.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        parts = task.loss(module.train(), inputs, targets)
    torch.stack(list(parts.values())).sum().backward()
    module.eval()
    for name, weight in module.named_parameters():
        if weight.requires_grad:
            assert weight.grad is not None, name
            assert torch.isfinite(weight.grad).all(), name
