"""What labels are called: by side, so that one look at a picture corrects it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from handseg_ros.segmentation.hands import Box, Hand, ObjectRegion, Segmentation, Side

HAND_NAMES = {Side.UNKNOWN: "hand", Side.LEFT: "left_hand", Side.RIGHT: "right_hand"}
OBJECT_NAME = "object"
NAMES = (*HAND_NAMES.values(), OBJECT_NAME)


@dataclass(frozen=True)
class Labelled:
    """A hand or object with its label's name; `number` is its own among those of its frame."""

    number: int
    name: str
    part: Hand | ObjectRegion

    @property
    def box(self) -> Box:
        """The part's box in the frame."""
        return self.part.box


def labels_of(segmentation: Segmentation) -> Iterator[Labelled]:
    """Yield the hands of a frame, then its objects where the model knows them."""
    numbers = itertools.count(1)
    for hand in segmentation.hands:
        yield Labelled(next(numbers), HAND_NAMES[hand.side], hand)
    for item in segmentation.objects or ():
        yield Labelled(next(numbers), OBJECT_NAME, item)
