"""Layers that compute in float what an 8-bit network will compute in integers.

After Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference" (CVPR 2018): values are rounded on the way forward, and gradients
pass as if they were not (the straight-through estimator; nothing passes where a value was cut off).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from torch import Tensor, nn

ACTIVATION_LEVELS = 0, 255
WEIGHT_LEVELS = -128, 127
# Seven of the eight bits: x86 processors without VNNI add two products in sixteen bits, which the
# sum of two products of eight bits overflows.
LARGEST_WEIGHT = 63
_SMALLEST_SCALE = 1e-8


class ActivationRange(nn.Module):
    """Rounds a tensor to 256 levels from `low` to `high`, of which one is exactly 0.

    The range is the widest of the first `observed_steps` batches that it is trained on, and stays
    from then on: the weights learn to live with it. Nothing is cut off, as what is far out is what
    large hands look like. Until the first batch it changes nothing.
    """

    low: Tensor
    high: Tensor
    seen: Tensor

    def __init__(self, observed_steps: int) -> None:
        super().__init__()
        self.observed_steps = observed_steps
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def forward(self, features: Tensor) -> Tensor:
        if self.training and int(self.seen) < self.observed_steps:
            self._observe(features.detach())
        if not int(self.seen):
            return features
        return _rounded(features, float(self.low), float(self.high))

    def _observe(self, features: Tensor) -> None:
        least, most = features.aminmax()
        self.low.copy_(torch.minimum(self.low, least))
        self.high.copy_(torch.maximum(self.high, most))
        self.seen += 1


class QuantisedConv(nn.Conv2d):
    """A convolution whose weights are rounded to 7 bits, each output channel with its own scale.

    `scale`, float32 (outputs,), follows the weights while they are trained. The bias stays exact:
    integer networks keep it in 32 bits.
    """

    scale: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__(
            convolution.in_channels, convolution.out_channels, convolution.kernel_size,  # type: ignore[arg-type]
            convolution.stride, convolution.padding, groups=convolution.groups,  # type: ignore[arg-type]
            bias=convolution.bias is not None,
        )  # fmt: skip
        self.weight, self.bias = convolution.weight, convolution.bias
        self.register_buffer("scale", _weight_scale(self.weight))

    def take(self, convolution: nn.Conv2d) -> None:
        """Take the weights of a convolution of the same shape."""
        with torch.no_grad():
            self.weight.copy_(convolution.weight)
            if self.bias is not None and convolution.bias is not None:
                self.bias.copy_(convolution.bias)
            self.scale.copy_(_weight_scale(self.weight))

    def forward(self, features: Tensor) -> Tensor:
        if self.training:
            self.scale.copy_(_weight_scale(self.weight))
        weight = torch.fake_quantize_per_channel_affine(
            self.weight, self.scale, torch.zeros_like(self.scale, dtype=torch.int32), 0,
            *WEIGHT_LEVELS,
        )  # fmt: skip
        return self._conv_forward(features, weight, self.bias)


def _weight_scale(weight: Tensor) -> Tensor:
    largest = weight.detach().abs().amax(dim=(1, 2, 3))
    return (largest / LARGEST_WEIGHT).clamp(min=_SMALLEST_SCALE)


def _rounded(values: Tensor, low: float, high: float) -> Tensor:
    scale = max((high - low) / ACTIVATION_LEVELS[1], _SMALLEST_SCALE)
    zero = min(max(round(-low / scale), ACTIVATION_LEVELS[0]), ACTIVATION_LEVELS[1])
    return torch.fake_quantize_per_tensor_affine(values, scale, zero, *ACTIVATION_LEVELS)
