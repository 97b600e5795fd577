"""What a guess of a foreign network's family says, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handseg_ros.model_import.guesses import Guess, Resize
from handseg_ros.model_import.output_statistics import Answers
from handseg_ros.segmentation.description import OBJECT, ColourOrder, InputDescription

Orders = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FamilyGuess:
    """A family with what its description needs beside the common fields.

    `outputs` are the graph's names by their role; `orders` are the classes in the orders that are
    possible, the most usual one first; `details` are more of the description's fields; `resize`,
    `usual`, a normalisation, and `colour` are what its networks mostly want, None being no habit;
    `others` are more outputs of the same kind.
    """

    family: str
    why: str
    outputs: Mapping[str, str]
    orders: Orders
    details: tuple[Guess, ...] = ()
    resize: Resize = "stretch"
    usual: str | None = None
    colour: ColourOrder = "RGB"
    others: tuple[str, ...] = ()

    def of(self, classes: tuple[str, ...]) -> str:
        """Return the family for an order of classes: without an object it is that of maps alone."""
        is_plain = self.family == "hand_object" and OBJECT not in classes
        return "semantic" if is_plain else self.family



Guesser = Callable[[Answers, InputDescription], FamilyGuess | None]
