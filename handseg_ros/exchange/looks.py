"""How a network may want its colours: the order of the channels and the usual normalisations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from handseg_ros.segmentation.description import InputDescription

Colour = Literal["RGB", "BGR"]
Triple = tuple[float, float, float]
COLOURS: tuple[Colour, ...] = ("RGB", "BGR")


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


@dataclass(frozen=True)
class Look:
    """A colour order with the name of a normalisation, None for a network that takes bytes."""

    colour: Colour
    normalisation: str | None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.colour, self.normalisation)))

    def of(self, told: InputDescription) -> InputDescription:
        """Return the description of an input with this look in place of its own."""
        if self.normalisation is None:
            return replace(told, colour=self.colour)
        chosen = NORMALISATIONS[self.normalisation]
        return replace(
            told,
            dtype="float32",
            colour=self.colour,
            scale=chosen.scale,
            mean=self._ordered(chosen.mean),
            std=self._ordered(chosen.std),
        )

    def _ordered(self, values: Triple) -> Triple:
        red, green, blue = values
        return values if self.colour == "RGB" else (blue, green, red)


def usual_normalisation(layout: str) -> str:
    """Return what most networks of a layout learn with.

    Those from PyTorch, channels first, ImageNet's statistics, those from TensorFlow, channels last,
    0 to 1.
    """
    return "imagenet" if layout.endswith("CHW") else "unit"


def looks(
    dtype: str, usual: str, colour: Colour | None, normalisation: str | None
) -> tuple[Look, ...]:
    """Return the looks that are possible, the most usual one first; what is given is kept to."""
    ways: list[str | None] = [None]
    if dtype == "float32":
        ways = [normalisation] if normalisation else sorted(NORMALISATIONS, key=usual.__ne__)
    orders = (colour,) if colour else COLOURS
    return tuple(Look(order, way) for order in orders for way in ways)
