"""How the outputs of a foreign network match a decoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handseg_ros.model_import.output_statistics import NetworkOutputs
from handseg_ros.model_import.overrides import InferredField, Resize
from handseg_ros.segmentation.description import OBJECT, ColourOrder, InputDescription

Orders = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class DecoderMatch:
    """A family with what its description needs beside the common fields.

    `outputs` are the graph's names by their role; `orders` are the classes in the orders that are
    possible, the most usual one first; `details` are more of the description's fields; `resize`,
    `usual`, a normalisation, and `colour` are what its networks mostly want, None being no habit;
    `others` are more outputs of the same kind.
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

    def of(self, classes: tuple[str, ...]) -> str:
        """Return the family for an order of classes: without an object it is that of maps alone."""
        is_plain = self.family == "hand_object" and OBJECT not in classes
        return "semantic" if is_plain else self.family


Detector = Callable[[NetworkOutputs, InputDescription], DecoderMatch | None]
