"""From samples to tensors and from pixels to what networks of ImageNet's kind take."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from handseg_ros.training.samples import Sample

# Of RGB from 0 to 1: those of ImageNet's pictures, as torchvision has them.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def stacked_images(samples: Sequence[Sample]) -> Tensor:
    """Return the images of samples, which have one size: uint8 (N, H, W, 3), RGB."""
    return torch.from_numpy(np.stack([sample.image for sample in samples]))


def imagenet_normalised(images: Tensor) -> Tensor:
    """Return float32 (N, 3, H, W) of uint8 (N, H, W, 3): ImageNet's mean and deviation are 0, 1."""
    planes = unit_scaled(images)
    mean, std = (
        torch.tensor(values, device=images.device).view(1, 3, 1, 1)
        for values in (IMAGENET_MEAN, IMAGENET_STD)
    )
    return (planes - mean) / std


def symmetric(images: Tensor) -> Tensor:
    """Return float32 (N, 3, H, W) from -1 to 1 of uint8 (N, H, W, 3), as Keras has it."""
    return images.permute(0, 3, 1, 2).float() / 127.5 - 1


def unit_scaled(images: Tensor) -> Tensor:
    """Return float32 (N, 3, H, W) from 0 to 1 of uint8 (N, H, W, 3)."""
    return images.permute(0, 3, 1, 2).float() / 255
