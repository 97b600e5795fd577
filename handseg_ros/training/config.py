"""The configuration of a training run: one YAML file, every field checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.training.datasets import SOURCES
from handseg_ros.training.losses import LossWeights
from handseg_ros.training.recipe import Recipe
from handseg_ros.training.scales import Scales, make_scales


class ConfigError(HandsegError):
    """A training configuration cannot be used."""


@dataclass(frozen=True)
class Schedule:
    """How the learning rate goes: a rise, a plateau, a linear fall to zero at the end.

    The plateau lets a run be ended early, or go on with more data, without being planned anew.
    `encoder_share` and `side_share` are the shares of the rate at which the pretrained encoder and
    the head of sides learn; above 1 for a head that starts afresh on a trained network.
    """

    steps: int
    warm_up: int = 100
    fall: int = 400
    learning_rate: float = 1e-3
    encoder_share: float = 0.5
    side_share: float = 1.0
    weight_decay: float = 0.02
    averaging: float = 0.995

    def rate(self, step: int) -> float:
        """Return the learning rate's share of its plateau at a step counting from 0."""
        return max(0.0, min(1.0, (step + 1) / self.warm_up, (self.steps - step) / self.fall))


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides what a run gives, apart from the data.

    `sources` names the sources of the data that may be used (see `datasets.SOURCES`): a model for
    any use is trained from those whose licence allows any use. `scales` are shares of other sizes,
    "WIDTHxHEIGHT", that whole steps are trained at (see `scales`). `folded`: whether the
    normalisations are folded into the convolutions first, for weights that are trained already.
    `frozen_stages`: so many of the encoder's first stages, and its stem, keep their weights; they
    work on the largest maps and cost most. 0 lets all learn.
    """

    name: str
    seed: int
    height: int
    width: int
    batch: int
    schedule: Schedule
    recipe: Recipe
    sources: tuple[str, ...] = tuple(SOURCES)
    scales: Mapping[str, float] = field(default_factory=dict)
    folded: bool = False
    frozen_stages: int = 0
    loss: LossWeights = field(default_factory=LossWeights)
    description: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sizes(self) -> Scales:
        """Sizes of the steps and their numbers of pictures; raises ValueError for bad scales."""
        return make_scales(self.scales, (self.height, self.width), self.batch)


def load_config(file: Path) -> TrainingConfig:
    """Read a configuration; raises ConfigError that names the file and the field."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"training configuration {file} cannot be read: {error}") from error
    try:
        config = _build(TrainingConfig, content)
        unknown = set(config.sources) - set(SOURCES)
        if unknown:
            raise ValueError(f"unknown sources {sorted(unknown)}, known are {sorted(SOURCES)}")
        _ = config.sizes
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"training configuration {file} cannot be used ({error}): compare it with those in "
            "handseg_ros/training/configs"
        ) from error
    return config


def without(config: TrainingConfig, ingredients: Collection[str]) -> TrainingConfig:
    """Return the configuration with some ingredients left out; raises ConfigError if it has not."""
    shares = config.recipe.shares
    unknown = sorted(set(ingredients) - set(shares))
    if unknown:
        raise ConfigError(
            f"configuration '{config.name}' has no ingredient {', '.join(unknown)} to leave out: "
            f"choose from {', '.join(shares)}"
        )
    kept = {name: share for name, share in shares.items() if name not in ingredients}
    return replace(config, recipe=replace(config.recipe, shares=kept))


def _build(kind: Any, content: Any) -> Any:
    """Make a dataclass of plain YAML values, nested ones too."""
    if not isinstance(content, dict):
        raise TypeError(f"{kind.__name__} needs a mapping, not {content!r}")
    known = {item.name for item in fields(kind)}
    unknown = set(content) - known
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], value) for name, value in content.items()})


def _value(hint: Any, value: Any) -> Any:
    if is_dataclass(hint):
        return _build(hint, value)
    return tuple(value) if isinstance(value, list) else value
