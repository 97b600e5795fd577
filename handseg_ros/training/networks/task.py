"""What a training loop needs of a network, and nothing else."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from handseg_ros.segmentation.description import ModelDescription, Thresholds
from handseg_ros.training.samples import Sample

# What the module takes, in its order, and what its loss takes, by name. All tensors have the batch
# as their first axis: they can be pinned, moved to a device and cut into smaller batches.
Inputs = tuple[Tensor, ...]
Targets = dict[str, Tensor]
_NAMED_WEIGHTS = 3


@dataclass(frozen=True)
class ModelFacts:
    """What a model file says of itself beside what its network decides.

    `width` and `height` are the input that the model runs at, in pixels.
    """

    name: str
    version: str
    licence: str
    data_licence: str
    thresholds: Thresholds
    width: int
    height: int
    training_data: tuple[Mapping[str, str], ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    intended_use: str = ""
    limits: str = ""


@dataclass(frozen=True)
class LoadedWeights:
    """What became of a file of weights: `left_out` are keys of the file that nothing took.

    `fresh` are keys of the module that the file has not, or has in another shape: they stay as
    they were built.
    """

    left_out: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()

    def notes(self, file: str) -> tuple[str, ...]:
        """Return sentences on what of the file was not taken and what it does not have."""
        notes = []
        if self.left_out:
            notes.append(f"{file}: {_some(self.left_out)} fit nothing of the network: left out")
        if self.fresh:
            notes.append(f"{file} has nothing that fits {_some(self.fresh)}: they begin untrained")
        return tuple(notes)


class TrainingTask(Protocol):
    """A network, what it learns from, and the file that it becomes.

    Nothing of a run is kept in it: the module has all that changes. All of it can be pickled, as
    `prepare` runs in the processes that make pictures.
    """

    @property
    def name(self) -> str:
        """The network's name in `registry.NETWORKS`."""

    @property
    def multiple_of(self) -> int:
        """Height and width of the pictures must be multiples of this."""

    @property
    def takes_background(self) -> bool:
        """Whether each sample needs the same view without hands."""

    def build(self) -> nn.Module:
        """Return the network with random weights, of torch's own random numbers: seed them."""

    def load(self, module: nn.Module, file: Path, samples: Sequence[Sample] = ()) -> LoadedWeights:
        """Fill a module with the weights of a file, as far as they are its own.

        The file is a checkpoint of a training, or of the layout in which the network's weights are
        published; a head of other classes stays as it was built. `samples` are some of those that
        will be trained on, for what a model file lacks. Raises ModelError for a file that cannot
        be read, or that has nothing for this network.
        """

    def parts(self, module: nn.Module) -> Mapping[str, nn.Module]:
        """Return the parts that may learn at rates of their own; every weight is in one of them.

        What is usually trained on other pictures before is the part `encoder`.
        """

    def prepare(self, samples: Sequence[Sample]) -> tuple[Inputs, Targets]:
        """Return the tensors of samples of one size; raises ValueError for what they lack."""

    def loss(self, module: nn.Module, inputs: Inputs, targets: Targets) -> dict[str, Tensor]:
        """Return the parts of the loss, scalars with gradients whose sum is what is trained on.

        `module` may be wrapped, as for several processes, and runs in autocast where that is on; it
        is called once. All its weights take part, whatever is in the pictures.
        """

    def describe(self, facts: ModelFacts) -> ModelDescription:
        """Return the description of the file that `export` writes."""

    def export(self, module: nn.Module, description: ModelDescription, file: Path) -> None:
        """Write the ONNX file of a trained module, with the description inside.

        It is compared with the module before it gets its name; raises ModelError where they differ,
        and MediaError where the file cannot be written.
        """


def _some(keys: Sequence[str]) -> str:
    """Return how many weights there are, and the names of the first."""
    first = ", ".join(keys[:_NAMED_WEIGHTS])
    return f"{len(keys)} weights ({first}{', ...' if len(keys) > _NAMED_WEIGHTS else ''})"
