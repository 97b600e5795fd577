"""What a user says of a foreign network, so that it need not be inferred."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handseg_ros.model_import.colour_config import Normalisation
from handseg_ros.segmentation.decoders.detection import InferredField
from handseg_ros.segmentation.description import (
    Activation,
    ColourOrder,
    Constant,
    InputLayout,
    Resize,
)


@dataclass(frozen=True)
class Overrides:
    """What a user knows of the network; None leaves a thing to be guessed.

    `width` and `height` are the network's input in pixels, 0 for its own; `outputs` are the graph's
    names of those that count, empty for all; `statistics` are mean and deviation in the order of
    the network's channels, and `constants` what inputs get that take no image, by their names.
    """

    family: str | None = None
    classes: tuple[str, ...] | None = None
    activation: Activation | None = None
    colour: ColourOrder | None = None
    normalisation: str | None = None
    statistics: Normalisation | None = None
    layout: InputLayout | None = None
    outputs: tuple[str, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
    resize: Resize | None = None
    width: int = 0
    height: int = 0
    name: str | None = None
    licence: str | None = None


def overridden(field: str, value: Any) -> InferredField:
    """Return what a user said."""
    return InferredField(field, value, "as you said")


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence quotes them."""
    return ", ".join(f"'{name}'" for name in names)
