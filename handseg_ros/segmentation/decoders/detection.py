"""How the outputs of a foreign network match a decoder: what `handseg import` asks each one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
from handseg_ros.segmentation.description import (
    BACKGROUND,
    HAND,
    OBJECT,
    ColourOrder,
    InputDescription,
    Resize,
)

Orders = tuple[tuple[str, ...], ...]

# Of a row of boxes: four edges, with a score, with score and class.
_BOX_SIZES = (4, 5, 6, 7)
# Beyond these the hand is not looked for: each is one more run of the network.
_MAX_TRIED = 10


@dataclass(frozen=True)
class InferredField:
    """What a field of the description is taken to be, and why.

    `remedy` says what to do if that is wrong; it is empty where that cannot be.
    """

    field: str
    value: Any
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f"; if wrong: {self.remedy}" if self.remedy else ""
        value = ", ".join(self.value) if isinstance(self.value, tuple) else self.value
        return f"{self.field}: {value} ({self.reason}{remedy})"


@dataclass(frozen=True)
class DecoderMatch:
    """A family whose outputs a network gives, with what its description needs beside the rest.

    `outputs` are the graph's names by their role; `orders` are the classes in the orders that are
    possible, the most usual one first; `details` are more of the description's fields; `resize`,
    `usual`, a normalisation, and `colour` are what its networks mostly want, None being no habit;
    `others` are more outputs of the same kind. Classes without an object belong to
    `family_without_objects` where that is given. With `must_be_named` the match counts only for a
    user who names the family or the classes, as the same outputs are mostly others'.
    """

    family: str
    reason: str
    outputs: Mapping[str, str]
    orders: Orders
    details: tuple[InferredField, ...] = ()
    resize: Resize = "stretch"
    usual: str | None = None
    colour: ColourOrder = "RGB"
    others: tuple[str, ...] = ()
    family_without_objects: str | None = None
    must_be_named: bool = False

    def family_of(self, classes: tuple[str, ...]) -> str:
        """Return the family that decodes an order of classes."""
        if self.family_without_objects is None or OBJECT in classes:
            return self.family
        return self.family_without_objects


# None where the outputs of a network with such an input are not the decoder's.
Detect = Callable[[NetworkOutputs, InputDescription], DecoderMatch | None]


def class_orders(count: int, first: int) -> Orders:
    """Return names of so many classes with the hand at each index from the first one on."""
    indices = range(first, min(count, first + _MAX_TRIED))
    return tuple(_classes(count, first, index) for index in indices)


def _classes(count: int, first: int, hand: int) -> tuple[str, ...]:
    names = [BACKGROUND if index < first else f"class_{index}" for index in range(count)]
    names[hand] = HAND
    return tuple(names)


def has_detections(outputs: NetworkOutputs) -> bool:
    """Whether one of the outputs is a list of boxes, or of classes for as many masks.

    A map of so many channels beside them is no map of classes, whatever its size.
    """
    return bool(_box_outputs(outputs)) or bool(_query_classes(outputs))


def _box_outputs(outputs: NetworkOutputs) -> list[str]:
    """Return the names of lists of boxes, (N, 4) or (1, N, 4) with up to three numbers more.

    What has rows and columns of its own, such as a map of few columns, has none such beside it.
    """
    return [
        name
        for name, statistics in outputs.items()
        if _row(statistics.shape) in _BOX_SIZES and len(outputs) > 1
    ]


def _query_classes(outputs: NetworkOutputs) -> list[str]:
    """Return lists (1, N, classes) beside maps (1, N, rows, columns), as MaskFormer gives them."""
    counts = {item.shape[1] for item in outputs.values() if len(item.shape) == 4}
    return [
        name
        for name, item in outputs.items()
        if len(item.shape) == 3 and item.shape[0] == 1 and item.shape[1] in counts - {1}
    ]


def _row(shape: tuple[int, ...]) -> int:
    """Return how many numbers a list has in each row, 0 for what is no list."""
    # One row alone may be the classes of the whole image.
    is_list = (len(shape) == 2 and shape[0] != 1) or (len(shape) == 3 and shape[0] == 1)
    return shape[-1] if is_list else 0
