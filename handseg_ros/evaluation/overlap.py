"""How well found hands match known ones. Masks are bool or uint8 arrays, true where a hand is."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# More marked pixels than this make a hand-free picture a marked one.
FALSE_POSITIVE_LIMIT = 0.005


@dataclass(frozen=True)
class Overlap:
    """Pixels of one frame: in both masks, in what was found, in what is known."""

    both: int
    found: int
    known: int

    @property
    def either(self) -> int:
        """Pixels in either mask."""
        return self.found + self.known - self.both

    @property
    def iou(self) -> float:
        """Intersection over union; 1 where both masks are empty."""
        return self.both / self.either if self.either else 1.0


def overlap(found: np.ndarray, known: np.ndarray) -> Overlap:
    """Return the overlap of two masks; raises ValueError when their shapes differ."""
    if found.shape != known.shape:
        raise ValueError(f"masks of shapes {found.shape} and {known.shape} cannot be compared")
    found, known = found.astype(bool, copy=False), known.astype(bool, copy=False)
    return Overlap(*(int(np.count_nonzero(mask)) for mask in (found & known, found, known)))
