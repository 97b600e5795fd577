"""The default network with 8-bit weights and maps, and the float network that it learns from."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.batch_norm_folding import fold_batch_norm
from handseg_ros.training.network import HandNetwork, InvertedResidual, SeparableConv
from handseg_ros.training.quantisation.equalisation import equalise
from handseg_ros.training.quantisation.fake_quantisation import ActivationRange, QuantisedConv


def quantise(network: HandNetwork, observed_steps: int) -> None:
    """Let a folded network round its weights, and every map that another layer reads.

    The last maps stay float: masks are cut from them. Pixels are integers as they are.
    """
    for sequence, index in list(_linear_outputs(network)):
        sequence[index] = nn.Sequential(sequence[index], ActivationRange(observed_steps))
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d):
                module.register_module(name, QuantisedConv(child))
            elif isinstance(child, nn.ReLU | nn.ReLU6):
                module.register_module(name, nn.Sequential(child, ActivationRange(observed_steps)))
        if isinstance(module, InvertedResidual) and module.skip:
            module.sum = ActivationRange(observed_steps)


def _linear_outputs(network: HandNetwork) -> Iterator[tuple[nn.Sequential, int]]:
    """Yield where a convolution's output goes to another layer without an activation."""
    for module in network.modules():
        if isinstance(module, InvertedResidual):
            yield module.layers, len(module.layers) - 1
        elif isinstance(module, SeparableConv):
            yield module, 0
    # The deepest lateral is added to nothing: its activation comes at once.
    for lateral in [*network.decoder.laterals][:-1]:
        assert isinstance(lateral, nn.Sequential)
        yield lateral, len(lateral) - 1
    for sequence in (network.side.middle, network.side.deep):
        yield sequence, len(sequence) - 1


class QuantisedHandNetwork(nn.Module):
    """`student` rounds to 8 bits; `teacher` is the float network that it began as, and stays so.

    Takes what `HandNetwork` takes. In training it gives the maps of both, else the student's. All
    of it is float32, as the levels that values are rounded to need more digits than bfloat16 has.
    """

    has_teacher: Tensor

    def __init__(self, observed_steps: int) -> None:
        super().__init__()
        self.teacher = HandNetwork()
        fold_batch_norm(self.teacher)
        self.teacher.requires_grad_(False)
        self.student = HandNetwork()
        fold_batch_norm(self.student)
        quantise(self.student, observed_steps)
        self._observed_steps = observed_steps
        self.register_buffer("has_teacher", torch.zeros((), dtype=torch.bool))

    def start_from(self, network: HandNetwork, images: Tensor) -> None:
        """Take the weights of a trained float network, which is folded and equalised by that.

        `images` is uint8 (N, H, W, 3), RGB: pictures like those of the training.
        """
        if any(isinstance(module, nn.BatchNorm2d) for module in network.modules()):
            fold_batch_norm(network)
        equalise(network, images)
        self.take_side_head(network.side.width, network.side.layers)
        self.teacher.load_state_dict(network.state_dict())
        for own, given in zip(_convolutions(self.student), _convolutions(network), strict=True):
            assert isinstance(own, QuantisedConv)
            own.take(given)
        self.has_teacher.fill_(True)

    def take_side_head(self, width: int, layers: int) -> None:
        """Take heads of sides of this size where they have another one; no range is known then."""
        if (width, layers) == (self.teacher.side.width, self.teacher.side.layers):
            return
        self.teacher.take_side_head(width, layers)
        self.teacher.requires_grad_(False)
        self.student = HandNetwork()
        self.student.take_side_head(width, layers)
        fold_batch_norm(self.student)
        quantise(self.student, self._observed_steps)

    @property
    def is_observed(self) -> bool:
        """Whether the ranges of all maps are known."""
        ranges = (item for item in self.modules() if isinstance(item, ActivationRange))
        return all(int(item.seen) > 0 for item in ranges)

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        with torch.autocast(image.device.type, enabled=False):
            maps: Tensor = self.student(image)
            if not self.training:
                return maps
            if not self.has_teacher:
                raise ModelError(
                    "the network has no float network to learn from: give a trained one, as "
                    "initial_weights of the configuration (--init, --start)"
                )
            with torch.no_grad():
                return maps, self.teacher(image)


def _convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)]
