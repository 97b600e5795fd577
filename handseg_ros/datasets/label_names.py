"""What labels are called: by side, so that one look at a picture corrects it.

The names are those that `handseg evaluate` reads again.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from handseg_ros.datasets.annotations import HAND_LABELS, OBJECT_LABEL
from handseg_ros.segmentation.hands import Box, Hand, ObjectRegion, Segmentation

_HAND_NAMES = {side: name for name, side in HAND_LABELS.items()}


@dataclass(frozen=True)
class LabelledRegion:
    """A hand or object with its label's name; `number` is its own among those of its frame."""

    number: int
    name: str
    part: Hand | ObjectRegion

    @property
    def box(self) -> Box:
        """The part's box in the frame."""
        return self.part.box


def labelled_regions(segmentation: Segmentation) -> Iterator[LabelledRegion]:
    """Yield the hands of a frame, then its objects where the model knows them."""
    numbers = itertools.count(1)
    for hand in segmentation.hands:
        yield LabelledRegion(next(numbers), _HAND_NAMES[hand.side], hand)
    for item in segmentation.objects or ():
        yield LabelledRegion(next(numbers), OBJECT_LABEL, item)
