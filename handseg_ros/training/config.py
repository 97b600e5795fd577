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
from handseg_ros.training.sample_generator import MixConfig
from handseg_ros.training.scales import Scales, make_scales

# Fields by the names that they had, and have.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "TrainingConfig": {
        "batch": "batch_size",
        "recipe": "mix",
        "folded": "fold_batch_norm",
    },
    "Schedule": {
        "warm_up": "warmup_steps",
        "fall": "decay_steps",
        "encoder_share": "encoder_lr_multiplier",
        "side_share": "side_lr_multiplier",
        "averaging": "ema_decay",
    },
    "MixConfig": {
        "shares": "weights",
        "cutouts": "cutout_weights",
        "view": "crop",
        "close_view": "close_crop",
    },
    "PasteConfig": {"cover": "occlusion"},
    "CropConfig": {"stretch": "aspect_jitter", "focus": "hand_focus"},
    "LossWeights": {"region": "dice"},
}


class ConfigError(HandsegError):
    """A training configuration cannot be used."""


@dataclass(frozen=True)
class Schedule:
    """How the learning rate goes: a linear warm-up, a plateau, a linear decay to zero at the end.

    The plateau lets a run be ended early, or go on with more data, without being planned anew.
    `encoder_lr_multiplier` and `side_lr_multiplier` multiply the rate of the pretrained encoder and
    of the head of sides; above 1 for a head that starts afresh on a trained network. `ema_decay`
    is that of the exponential moving average of the weights, which the model file gets.
    """

    steps: int
    warmup_steps: int = 100
    decay_steps: int = 400
    learning_rate: float = 1e-3
    encoder_lr_multiplier: float = 0.5
    side_lr_multiplier: float = 1.0
    weight_decay: float = 0.02
    ema_decay: float = 0.995

    def lr_factor(self, step: int) -> float:
        """Return the learning rate as a factor of its plateau at a step counting from 0."""
        rise, decay = (step + 1) / self.warmup_steps, (self.steps - step) / self.decay_steps
        return max(0.0, min(1.0, rise, decay))


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides what a run gives, apart from the data.

    `sources` names the sources of the data that may be used (see `datasets.SOURCES`): a model for
    any use is trained from those whose licence allows any use. `scales` are weights of other sizes,
    "WIDTHxHEIGHT", that whole steps are trained at (see `scales`). `fold_batch_norm`: whether the
    normalisations are folded into the convolutions first, for weights that are trained already.
    `frozen_stages`: so many of the encoder's first stages, and its stem, keep their weights; they
    work on the largest maps and cost most. 0 lets all learn.
    """

    name: str
    seed: int
    height: int
    width: int
    batch_size: int
    schedule: Schedule
    mix: MixConfig
    sources: tuple[str, ...] = tuple(SOURCES)
    scales: Mapping[str, float] = field(default_factory=dict)
    fold_batch_norm: bool = False
    frozen_stages: int = 0
    loss: LossWeights = field(default_factory=LossWeights)
    description: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sizes(self) -> Scales:
        """Sizes of the steps and their numbers of pictures; raises ValueError for bad scales."""
        return make_scales(self.scales, (self.height, self.width), self.batch_size)


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


def _build(kind: Any, content: Any) -> Any:
    """Make a dataclass of plain YAML values, nested ones too."""
    if not isinstance(content, dict):
        raise TypeError(f"{kind.__name__} needs a mapping, not {content!r}")
    known = {item.name for item in fields(kind)}
    for old in RENAMED.get(kind.__name__, {}).keys() & content:
        raise ValueError(
            f"{kind.__name__} has no field {old} any more, it is {RENAMED[kind.__name__][old]} now"
        )
    unknown = set(content) - known
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], value) for name, value in content.items()})


def _value(hint: Any, value: Any) -> Any:
    if is_dataclass(hint):
        return _build(hint, value)
    return tuple(value) if isinstance(value, list) else value
