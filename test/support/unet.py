"""The U-Net of `handseg train` as TensorFlow exports it, for tests of foreign networks.

It has Keras' arithmetic, and all layers their original widths; the weights are random, but for the
up-sampling kernels' shape.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from support.random_weights import adding_little, calibrated
from torch import nn

from handseg_ros.training.networks.unet import InvertedResidual, UNet, UpConv


class ChannelsLast(nn.Module):
    """A network as TensorFlow exports it: an image (N, H, W, 3) becomes (N, H, W, classes)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return what the network gives, its channels last."""
        return self.network(image.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def random_unet(classes: int, images: torch.Tensor) -> UNet:
    """Return a network of random weights (seed 0) that tells parts of the images apart."""
    torch.manual_seed(0)
    network = UNet(classes, "keras")
    for module in network.modules():
        if isinstance(module, InvertedResidual) and module.has_shortcut:
            adding_little(module.conv[-1])
        elif isinstance(module, UpConv):
            _smooth(module)
    return calibrated(network, network.last, images)


def _smooth(up: UpConv) -> None:
    """Have kernels bilinear in shape, random in mixing channels.

    Chequered masks would be thousands of hands.
    """
    slope = torch.tensor([0.5, 1.0, 0.5])
    with torch.no_grad():
        up.weight.copy_(up.weight[..., :1, :1] * slope[:, None] * slope)
