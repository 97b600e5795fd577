"""The default network in 8-bit integers as a task: it learns from the float one that it was."""

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
from handseg_ros.training.field_types import Count, NotNegative
from handseg_ros.training.losses import LossWeights, loss_parts, weighted
from handseg_ros.training.network import HandNetwork
from handseg_ros.training.networks.hands import HandsTask, load_folded
from handseg_ros.training.networks.model_file import compared
from handseg_ros.training.networks.task import Inputs, LoadedWeights, ModelFacts, Targets
from handseg_ros.training.networks.tensors import stacked_images
from handseg_ros.training.networks.weights import load_matching, read_weights
from handseg_ros.training.quantisation.distilling import DistillationWeights, distillation_parts
from handseg_ros.training.quantisation.hand_network import QuantisedHandNetwork
from handseg_ros.training.quantisation.qdq_graph import export_int8
from handseg_ros.training.samples import Sample
from handseg_ros.training.scales import MULTIPLE
from handseg_ros.training.side_head_growth import stored_size

_PARTS = ("encoder", "decoder", "heads", "side")
# Of the maps' spread, on average: a sum that lies between two levels may be rounded to either, and
# many layers follow, so that a few cells are far apart.
_TOLERANCE = 0.2


@dataclass(frozen=True)
class HandsInt8Config(StrictFields):
    """What can be chosen of the default network in 8-bit integers.

    Ranges of maps are those of the first `observed_steps` steps. `distillation` are weights of the
    parts of the distance from the float network; `labels` is what the loss of the float network's
    own training, weighted by `loss`, counts for beside that: 0 needs no labels.
    """

    observed_steps: Count = 100
    distillation: DistillationWeights = field(default_factory=DistillationWeights)
    labels: NotNegative = 0.0
    loss: LossWeights = field(default_factory=LossWeights)


@dataclass(frozen=True)
class HandsInt8Task:
    """`QuantisedHandNetwork` learns to answer as the float network does."""

    config: HandsInt8Config = HandsInt8Config()
    name: str = "hands_int8"
    multiple_of: int = MULTIPLE
    takes_background: bool = False

    def build(self) -> QuantisedHandNetwork:
        """Return the network with random weights, which only `load` makes one to learn from."""
        return QuantisedHandNetwork(self.config.observed_steps)

    def load(self, module: nn.Module, file: Path, samples: Sequence[Sample] = ()) -> LoadedWeights:
        """Take a checkpoint of this network, or the float network's checkpoint or model file."""
        assert isinstance(module, QuantisedHandNetwork)
        if file.suffix.lower() != ".onnx":
            weights = read_weights(file)
            if any(name.startswith("student.") for name in weights):
                size = stored_size(weights, "teacher.")
                if size is not None:
                    module.take_side_head(*size)
                return load_matching(module, weights, file)
        if not samples:
            raise ModelError(f"{file} lacks the ranges of pictures' maps: give some beside it")
        trained = HandNetwork()
        loaded = load_folded(trained, file)
        module.start_from(trained, stacked_images(samples))
        return loaded

    def parts(self, module: nn.Module) -> Mapping[str, nn.Module]:
        """Return encoder, decoder, heads and the head of sides of what learns."""
        return {name: module.get_submodule(f"student.{name}") for name in _PARTS}

    def prepare(self, samples: Sequence[Sample]) -> tuple[Inputs, Targets]:
        """Return what `HandsTask` does."""
        return HandsTask().prepare(samples)

    def loss(self, module: nn.Module, inputs: Inputs, targets: Targets) -> dict[str, Tensor]:
        """Return the parts of the distance from the float network, and from the labels."""
        answer = module(*inputs)
        if isinstance(answer, Tensor):  # In `eval` it does not ask the teacher.
            return weighted(loss_parts(answer, targets["maps"]), self.config.loss)
        maps, wanted = answer
        parts = weighted(distillation_parts(maps, wanted), self.config.distillation)
        if self.config.labels:
            known = weighted(loss_parts(maps, targets["maps"]), self.config.loss)
            parts["labels"] = self.config.labels * torch.stack(list(known.values())).sum()
        return parts

    def describe(self, facts: ModelFacts) -> ModelDescription:
        """Return the description that a file of the float network has."""
        return HandsTask().describe(facts)

    def export(self, module: nn.Module, description: ModelDescription, file: Path) -> None:
        """Write the file in QDQ form; raises ModelError before the first step is trained."""
        assert isinstance(module, QuantisedHandNetwork)
        if not module.is_observed:
            raise ModelError(
                f"{file} was not written, as the ranges of the network's maps are unknown before "
                "its first step: train some steps first"
            )
        with compared(module, description, file, _TOLERANCE, np.mean) as partial:
            export_int8(module.student, description, partial)
