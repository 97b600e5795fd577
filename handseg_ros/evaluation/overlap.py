"""How well found hands match known ones. Masks are bool or uint8 arrays, true where a hand is."""

from __future__ import annotations

from collections.abc import Iterable
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


def mean_iou(overlaps: Iterable[Overlap]) -> float:
    """Return the hand-only IoU averaged over frames; raises ValueError without frames."""
    values = [item.iou for item in overlaps]
    if not values:
        raise ValueError("the mean IoU of no frames is not defined: give frames that have a hand")
    return float(np.mean(values))


def pooled_iou(overlaps: Iterable[Overlap]) -> float:
    """Return the IoU of all pixels of all frames together; raises ValueError without any."""
    items = list(overlaps)
    either = sum(item.either for item in items)
    if not either:
        raise ValueError("the pooled IoU of empty masks is not defined: give frames with a hand")
    return sum(item.both for item in items) / either


def share(flags: Iterable[bool]) -> float:
    """Return the share of true values; raises ValueError without values."""
    values = [bool(flag) for flag in flags]
    if not values:
        raise ValueError("the share of no frames is not defined: give at least one")
    return sum(values) / len(values)
