"""Gives the channels of a map alike ranges, so that one scale serves them all.

After Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (ICCV
2019): between two layers with nothing but a product by channel between them, what one layer is
divided by the next one can be multiplied by. Ranges are of pictures here.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from torch import Tensor, nn

from handseg_ros.training.network import HandNetwork, SeparableConv

# Of the widest channel's range: channels that hardly speak are not blown up.
_NARROWEST = 1e-3


def equalise(network: HandNetwork, images: Tensor) -> None:
    """Scale the maps between depthwise and pointwise convolutions; the answers stay what they are.

    `images` is uint8 (N, H, W, 3), RGB. The encoder's maps are alike as they are, as ReLU6 limits
    them.
    """
    largest: dict[SeparableConv, Tensor] = {}

    def note(layer: SeparableConv, maps: Tensor) -> None:
        now = maps.abs().amax(dim=(0, 2, 3))
        largest[layer] = torch.maximum(largest[layer], now) if layer in largest else now

    layers = [module for module in network.modules() if isinstance(module, SeparableConv)]
    hooks = [
        layer[0].register_forward_hook(
            lambda _module, _inputs, maps, layer=layer: note(layer, maps)  # type: ignore[misc]
        )
        for layer in layers
    ]
    with torch.no_grad():
        for image in images:
            network.eval()(image[None])
        for hook in hooks:
            hook.remove()
        for layer in layers:
            _scale(layer, largest[layer])


def _scale(layer: SeparableConv, largest: Tensor) -> None:
    depthwise, pointwise = layer[0], layer[1]
    assert isinstance(depthwise, nn.Conv2d)
    assert isinstance(pointwise, nn.Conv2d)
    widest = largest.max()
    if widest == 0:
        return
    factors = (largest / widest).clamp(min=_NARROWEST)
    depthwise.weight /= factors.view(-1, 1, 1, 1)
    pointwise.weight *= factors.view(1, -1, 1, 1)
