"""How a network may want its colours: the order of the channels and the usual normalisations."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from handseg_ros.segmentation.description import COLOUR_ORDERS, ColourOrder, InputDescription

Triple = tuple[float, float, float]
# What --look takes between colour and normalisation.
CONFIG_SEPARATOR = ":"


@dataclass(frozen=True)
class Normalisation:
    """(pixel * scale - mean) / std, pixel being 0 to 255; mean and std in the order RGB."""

    scale: float
    mean: Triple
    std: Triple


_UNIT = 1 / 255
NORMALISATIONS: Mapping[str, Normalisation] = {
    # torchvision's statistics of ImageNet
    "imagenet": Normalisation(_UNIT, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    # 0 to 1
    "unit": Normalisation(_UNIT, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    # -1 to 1, as Keras' MobileNet
    "symmetric": Normalisation(_UNIT, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    # 0 to 255 around the mean of ImageNet, as Caffe's VGG and Keras' ResNet
    "caffe": Normalisation(1.0, (123.68, 116.779, 103.939), (1.0, 1.0, 1.0)),
    # 0 to 255
    "none": Normalisation(1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
GIVEN = "given"


@dataclass(frozen=True)
class ColourConfig:
    """A colour order with a normalisation and its name, both None for a network that takes bytes.

    `statistics` are in the order RGB.
    """

    colour: ColourOrder
    normalisation: str | None = None
    statistics: Normalisation | None = None

    @classmethod
    def usual(cls, colour: ColourOrder, normalisation: str) -> ColourConfig:
        """Return the configuration of one of the usual normalisations, by its name."""
        return cls(colour, normalisation, NORMALISATIONS[normalisation])

    def __str__(self) -> str:
        return CONFIG_SEPARATOR.join(filter(None, (self.colour, self.normalisation)))

    def of(self, description: InputDescription) -> InputDescription:
        """Return the description of an input with this configuration in place of its own."""
        return replace(description, **self.fields())

    def fields(self) -> dict[str, Any]:
        """Return the fields of an input's description that make up this configuration."""
        if self.statistics is None:
            return {"colour": self.colour}
        chosen = self.statistics
        return {
            "colour": self.colour,
            "scale": chosen.scale,
            "mean": _ordered(chosen.mean, self.colour),
            "std": _ordered(chosen.std, self.colour),
        }


def _ordered(values: Triple, colour: ColourOrder) -> Triple:
    red, green, blue = values
    return values if colour == "RGB" else (blue, green, red)


def usual_normalisation(layout: str) -> str:
    """Return what most networks of a layout learn with.

    Those from PyTorch, channels first, ImageNet's statistics, those from TensorFlow, channels last,
    0 to 1.
    """
    return "imagenet" if layout.endswith("CHW") else "unit"


def colour_configs(
    dtype: str,
    usual: str,
    colour: ColourOrder | None,
    normalisation: str | None,
    statistics: Normalisation | None = None,
    usual_colour: ColourOrder = "RGB",
) -> tuple[ColourConfig, ...]:
    """Return the colour configurations that are possible, the most usual one first; what is given
    is kept to.

    `statistics` are in the order of the network's channels, whichever that is.
    """
    orders: tuple[ColourOrder, ...] = tuple(sorted(COLOUR_ORDERS, key=usual_colour.__ne__))
    orders = (colour,) if colour else orders
    if dtype == "uint8":
        return tuple(ColourConfig(order) for order in orders)
    if statistics is not None:
        return tuple(ColourConfig(order, GIVEN, _as_rgb(statistics, order)) for order in orders)
    ways = [normalisation] if normalisation else sorted(NORMALISATIONS, key=usual.__ne__)
    return tuple(ColourConfig.usual(order, way) for order in orders for way in ways)


def _as_rgb(given: Normalisation, colour: ColourOrder) -> Normalisation:
    return replace(given, mean=_ordered(given.mean, colour), std=_ordered(given.std, colour))
