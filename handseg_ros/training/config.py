"""The configuration of a training run: one YAML file, every field checked."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import yaml

from handseg_ros.curation.holding_out import SplitBy
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.invalid_field import InvalidFieldError, not_allowed
from handseg_ros.segmentation.validation import NotEmpty, Range, StrictFields, as_plain, read_as
from handseg_ros.training.data_sources import LONGEST_SIDE, SOURCES
from handseg_ros.training.field_types import Count, NotNegative, Positive, Probability
from handseg_ros.training.former_names import with_todays_names
from handseg_ros.training.losses import LossWeights
from handseg_ros.training.network import STAGES
from handseg_ros.training.networks.registry import make_task
from handseg_ros.training.networks.task import TrainingTask
from handseg_ros.training.optimisation import Optimisation
from handseg_ros.training.sample_generator import OWN_SOURCES, MixConfig
from handseg_ros.training.scales import MULTIPLE, Scales, make_scales
from handseg_ros.training.validation import ValidationConfig

DEFAULT_NETWORK = "hands"


class ConfigError(HandsegError):
    """A training configuration cannot be used."""


@dataclass(frozen=True)
class Schedule(StrictFields):
    """How the learning rate goes: a linear warm-up, a plateau, a linear decay to zero at the end.

    The plateau lets a run be ended early, or go on with more data, without being planned anew.
    `encoder_lr_multiplier` and `side_lr_multiplier` multiply the rate of the pretrained encoder and
    of the head of sides; above 1 for a head that starts afresh on a trained network. `ema_decay`
    is that of the exponential moving average of the weights, which the model file gets.
    """

    steps: Count
    warmup_steps: Count = 100
    decay_steps: Count = 400
    learning_rate: Positive = 1e-3
    encoder_lr_multiplier: NotNegative = 0.5
    side_lr_multiplier: NotNegative = 1.0
    weight_decay: NotNegative = 0.02
    ema_decay: Probability = 0.995

    def lr_factor(self, step: int) -> float:
        """Return the learning rate as a factor of its plateau at a step counting from 0."""
        rise, decay = (step + 1) / self.warmup_steps, (self.steps - step) / self.decay_steps
        return max(0.0, min(1.0, rise, decay))

    def over(self, steps: int) -> Schedule:
        """Return the same course over another number of steps."""
        share = steps / self.steps
        warmup, decay = (max(1, round(n * share)) for n in (self.warmup_steps, self.decay_steps))
        return replace(self, steps=steps, warmup_steps=warmup, decay_steps=decay)


@dataclass(frozen=True)
class SideHeadConfig(StrictFields):
    """How the head of sides learns alone: `batch_size` hands a step, of `pictures` that are mixed.

    The former head grows to `width` channels and `layers` separable convolutions. `label_smoothing`
    is how far a side is from certain, so that the head is less sure of hands that it has seen
    often. `cells` weighs the mean loss of single cells beside that of whole hands. `taught` are
    sources of labelled sets, with their licences, that `sources` of the configuration does not
    name: the model file tells them too.
    """

    pictures: Count
    batch_size: Count
    schedule: Schedule
    mix: MixConfig
    width: Count = 128
    layers: Count = 3
    label_smoothing: Annotated[float, Range(0, 0.5)] = 0.03
    cells: NotNegative = 0.5
    taught: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DescriptionConfig(StrictFields):
    """What the model file says of the model that comes out, beside what training decides.

    `width` and `height` are the input that the model runs at, 0 for that of the training.
    """

    name: str
    version: str
    licence: str
    data_licence: str
    thresholds: Thresholds
    intended_use: str
    limits: str
    width: Annotated[int, Range(0)] = 0
    height: Annotated[int, Range(0)] = 0


@dataclass(frozen=True)
class DataConfig(StrictFields):
    """Labelled sets to learn from, each a path that `handseg evaluate` reads.

    `validation` is a set that watches the training; where it is '', about `held_out_share` of the
    others is held out for that, whole groups at a time (see `curation.holding_out`).
    """

    train: Annotated[tuple[str, ...], NotEmpty()]
    validation: str = ""
    held_out_share: Annotated[float, Range(0.01, 0.9)] = 0.2
    split_by: SplitBy | None = None


@dataclass(frozen=True)
class TrainingConfig(StrictFields):
    """Everything that decides what a run gives, apart from the data.

    `network` names one of `networks.registry.NETWORKS` and what is chosen of it. `data` are sets
    to learn from with `handseg train`; without it the sources of `python -m handseg_ros.training`
    are. `initial_weights` is what the training starts from (see `initial_weights`), '' for random
    weights, or for an encoder's from ImageNet where the network is the default one;
    `weights_folder` is where files of torchvision's lie.

    `sources` names the data that may be used (see `data_sources.SOURCES`): a model for any use is
    trained from those whose licence allows any use. `scales` are weights of other sizes,
    "WIDTHxHEIGHT", that whole steps are trained at (see `scales`). `fold_batch_norm`: whether the
    normalisations are folded into the convolutions first, for weights that are trained already.
    `frozen_stages`: so many of the encoder's first stages, and its stem, keep their weights, and
    normalisations that are not folded follow the pictures all the same; they work on the largest
    maps and cost most. 0 lets all learn. `side_head` is how the head of sides
    learns alone, which `python -m handseg_ros.training sides` lets it.
    """

    name: str
    seed: Annotated[int, Range(0)]
    height: Count
    width: Count
    batch_size: Count
    schedule: Schedule
    mix: MixConfig
    description: DescriptionConfig
    sources: tuple[str, ...] = tuple(SOURCES)
    scales: Mapping[str, Positive] = field(default_factory=dict)
    fold_batch_norm: bool = False
    frozen_stages: Annotated[int, Range(0, len(STAGES))] = 0
    loss: LossWeights = field(default_factory=LossWeights)
    network: Mapping[str, Any] = field(default_factory=lambda: {"name": DEFAULT_NETWORK})
    data: DataConfig | None = None
    initial_weights: str = ""
    weights_folder: str = ""
    optimisation: Optimisation = field(default_factory=Optimisation)
    validation: ValidationConfig = field(default_factory=ValidationConfig)
    side_head: SideHeadConfig | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("height", "width"):
            if getattr(self, name) % MULTIPLE:
                raise not_allowed(getattr(self, name), f"a multiple of {MULTIPLE}", name)
        for index, source in enumerate(self.sources):
            if source not in SOURCES:
                allowed = f"one of {', '.join(sorted(SOURCES))}"
                raise not_allowed(source, allowed, "sources", index)
        _ = self.sizes
        try:
            _ = self.task()
        except InvalidFieldError as error:
            raise error.below("network") from None

    def task(self) -> TrainingTask:
        """Return the network's task; raises InvalidFieldError for a network that is not known."""
        fields = dict(self.network)
        name = str(fields.pop("name", DEFAULT_NETWORK))
        if name == DEFAULT_NETWORK:
            fields = {"loss": as_plain(self.loss), **fields}
        return make_task(name, fields)

    @property
    def sizes(self) -> Scales:
        """Sizes of the steps and their numbers of pictures; raises ValueError for bad scales."""
        return make_scales(self.scales, (self.height, self.width), self.batch_size)

    @property
    def kept_side(self) -> int:
        """How long pictures are kept in memory at most: no size of a step is enlarged from less."""
        return max(LONGEST_SIDE, self.height, self.width, *map(max, self.sizes.sizes))


def load_config(file: Path) -> TrainingConfig:
    """Read a configuration; raises ConfigError that names the file and the field.

    A field that would have no effect is refused too.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"training configuration {file} cannot be read: {error}") from error
    if isinstance(content, Mapping):
        _, former = with_todays_names(content)
        if former:
            words = ", ".join(f"'{then}' is '{now}' now" for then, now in former.items())
            raise ConfigError(
                f"training configuration {file} has fields that have other names now: {words}"
            )
    try:
        config = read_as(TrainingConfig, content)
    except ValueError as error:
        raise ConfigError(
            f"training configuration {file} cannot be used ({error}): compare it with those in "
            "handseg_ros/training/configs"
        ) from error
    for name, why in _without_effect(config):
        raise ConfigError(
            f"training configuration {file} has '{name}', which would change nothing, as {why}: "
            "leave it out"
        )
    return config


def _without_effect(config: TrainingConfig) -> Iterator[tuple[str, str]]:
    """Yield fields that are given and that nothing would read, and why.

    It is asked of files alone: older checkpoints may have such fields and go on.
    """
    network = config.task().name
    if network != DEFAULT_NETWORK:
        own = {"loss": config.loss != LossWeights(), "fold_batch_norm": config.fold_batch_norm}
        own |= {
            "frozen_stages": config.frozen_stages > 0,
            "side_head": config.side_head is not None,
        }
        for name in (name for name, is_given in own.items() if is_given):
            yield name, f"only '{DEFAULT_NETWORK}' has it, and network.name is '{network}'"
    if config.data is not None:
        for name in config.mix.weights:
            if name not in OWN_SOURCES:
                yield f"mix.weights.{name}", f"labelled sets are {' and '.join(OWN_SOURCES)} alone"
        if config.data.validation and config.data.split_by:
            yield "data.split_by", "nothing is held out where 'data.validation' names a set"


def ablate(config: TrainingConfig, sources: Collection[str]) -> TrainingConfig:
    """Return the configuration without some sample sources; raises ConfigError if it lacks one."""
    weights = config.mix.weights
    unknown = sorted(set(sources) - set(weights))
    if unknown:
        raise ConfigError(
            f"configuration '{config.name}' has no sample source {', '.join(unknown)} to leave "
            f"out: choose from {', '.join(weights)}"
        )
    kept = {name: weight for name, weight in weights.items() if name not in sources}
    return replace(config, mix=replace(config.mix, weights=kept))
