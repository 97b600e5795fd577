"""What a guess of a foreign network's family says, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.exchange.guesses import Guess, Resize
from handseg_ros.segmentation.description import InputDescription

Orders = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FamilyGuess:
    """A family with what its description needs beside the common fields.

    `outputs` are the graph's names by their role; `orders` are the classes in the orders that are
    possible, the most usual one first; `details` are more of the description's fields; `resize`
    and `usual`, a normalisation, are what its networks mostly want, None being no habit.
    """

    family: str
    why: str
    outputs: Mapping[str, str]
    orders: Orders
    details: tuple[Guess, ...] = ()
    resize: Resize = "stretch"
    usual: str | None = None


# What a network answers to one picture in each look that is possible, by the outputs' names.
Answers = Sequence[Mapping[str, np.ndarray]]
Guesser = Callable[[Answers, InputDescription], FamilyGuess | None]
