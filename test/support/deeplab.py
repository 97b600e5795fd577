"""The DeepLabV3 of `handseg train` with random weights, for tests of foreign networks."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from support.random_weights import adding_little, calibrated
from torch import nn

from handseg_ros.training.networks.deeplab import DeepLabV3
from handseg_ros.training.networks.resnet import Bottleneck, Depth


def random_deeplab(depth: Depth, classes: int, width: int, images: torch.Tensor) -> DeepLabV3:
    """Return a network of random weights (seed 0) that tells parts of the images apart.

    `width` is that of ResNet's first layer.
    """
    torch.manual_seed(0)
    network = DeepLabV3(depth, classes, width=width)
    for module in network.modules():
        if isinstance(module, Bottleneck):
            adding_little(module.bn3)
    last = network.classifier[-1]
    assert isinstance(last, nn.Conv2d)
    return calibrated(network, last, images)
