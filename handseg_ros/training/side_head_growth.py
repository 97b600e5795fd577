"""A larger head of sides that answers as the one before did, and the size of a stored one.

After Chen, Goodfellow and Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer" (ICLR
2016): what is learned is kept, and what is new counts for nothing at first. All of it is of heads
whose normalisations are folded.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from handseg_ros.training.batch_norm_folding import fold_batch_norm
from handseg_ros.training.network import SeparableConv, SideHead

# Of the usual spread of random weights: the features that they weigh have no limits.
_MODEST = 0.5


def stored_size(weights: Mapping[str, Tensor], network: str = "") -> tuple[int, int] | None:
    """Return width and layers of the head of sides among weights by name, None without one.

    `network` is what their names begin with, as "teacher.".
    """
    first = weights.get(f"{network}side.middle.0.weight")
    layer = re.compile(rf"{re.escape(network)}side\.head\.\d+\.0\.weight")
    return None if first is None else (len(first), sum(map(bool, map(layer.fullmatch, weights))))


def grown(head: SideHead, width: int, layers: int) -> SideHead:
    """Return a head of at least the size of a folded one, with the same answers.

    New channels have random weights, which nothing reads yet. Raises ValueError for a smaller size.
    """
    if width < head.width or layers < head.layers:
        raise ValueError(
            f"a head of {head.width} channels and {head.layers} layers cannot become one of "
            f"{width} and {layers}"
        )
    result = SideHead(*head.inputs, width, layers)
    fold_batch_norm(result)
    with torch.no_grad():
        _randomise(result)
        for own, former in ((result.middle, head.middle), (result.deep, head.deep)):
            _keep(_convolution(own[0]), _convolution(former[0]))
        for index, layer in enumerate(result.around):
            _keep_layer(layer, head.around[index] if index < head.layers else None, head.width)
        last, former_last = _convolution(result.head[-1]), _convolution(head.head[-1])
        last.weight.zero_()
        last.weight[:, : head.width] = former_last.weight
        _bias(last).copy_(_bias(former_last))
    return result


def _convolution(module: nn.Module) -> nn.Conv2d:
    assert isinstance(module, nn.Conv2d)
    return module


def _bias(convolution: nn.Conv2d) -> Tensor:
    assert convolution.bias is not None
    return convolution.bias


def _randomise(head: SideHead) -> None:
    for convolution in (module for module in head.modules() if isinstance(module, nn.Conv2d)):
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        if convolution.bias is not None:
            convolution.bias.zero_()
    for first in (head.middle[0], head.deep[0]):
        _convolution(first).weight.mul_(_MODEST)


def _keep(own: nn.Conv2d, former: nn.Conv2d) -> None:
    """Give the first channels of a convolution what another one of as many inputs has."""
    own.weight[: len(former.weight)] = former.weight
    _bias(own)[: len(former.weight)] = _bias(former)


def _keep_layer(own: SeparableConv, former: SeparableConv | None, width: int) -> None:
    """Give the first channels of a layer what another one has; None passes them on as they are."""
    depthwise, pointwise = _convolution(own[0]), _convolution(own[1])
    pointwise.weight[:width, width:] = 0
    if former is not None:
        depthwise.weight[:width] = _convolution(former[0]).weight
        pointwise.weight[:width, :width] = _convolution(former[1]).weight
        _bias(pointwise)[:width] = _bias(_convolution(former[1]))
        return
    # Behind a ReLU, so that another one changes nothing.
    middle = depthwise.kernel_size[0] // 2
    depthwise.weight[:width] = 0
    depthwise.weight[:width, 0, middle, middle] = 1
    pointwise.weight[:width, :width] = torch.eye(width)[:, :, None, None]
    _bias(pointwise)[:width] = 0
