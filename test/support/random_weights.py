"""Random weights with which a network's answers differ from place to place, as trained ones do."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)
# How much a block adds to its shortcut: random blocks that add more turn the rounding of a pixel
# into another answer, which trained ones do not.
_SHARE = 0.25


def adding_little(last: nn.Module) -> None:
    """Have a block add little to its shortcut; `last` is its last normalisation."""
    assert isinstance(last, nn.BatchNorm2d)
    nn.init.constant_(last.weight, _SHARE)


def calibrated(
    network: Network, last: nn.Conv2d | nn.ConvTranspose2d, images: torch.Tensor
) -> Network:
    """Return the network in evaluation mode, fitted to `images` (N, 3, H, W).

    The statistics of its normalisations are those of the images, as after training, and the
    logits, which its `last` layer gives, are scaled so that each class wins somewhere in them.
    """
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # a plain mean over the pictures seen
    assert last.bias is not None
    # A transposed convolution keeps its output's channels on the second axis.
    shape = (-1, 1, 1, 1) if isinstance(last, nn.Conv2d) else (1, -1, 1, 1)
    with torch.no_grad():
        network(images)
        network.eval()
        spread = network(images).std(dim=(0, 2, 3))
        last.weight.mul_((4 / spread).reshape(shape))
        last.bias.zero_()
        last.bias.sub_(network(images).mean(dim=(0, 2, 3)))
    return network
