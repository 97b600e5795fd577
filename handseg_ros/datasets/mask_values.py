"""What the values of a mask mean: all hands together, soft edges or not, or ids of single hands.

The rules were tried on drawn hands of many sizes: blurred, resized, anti-aliased and JPEG-coded
masks on one side, id images of two to twenty hands on the other. Where neither is clear, that is
said.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from handseg_ros.datasets.frames import SkipCause
from handseg_ros.datasets.label_options import MaskValues
from handseg_ros.datasets.lazy_frames import UnusableError

ALL_HANDS = 255
_CUT = 128
# The least top of a soft mask, and how far below it a value still is "hand" with noise.
_SOFT_TOP, _NOISE = 192, 32
# From so many values on, a mask whose values lie nowhere flat is no image of a few ids.
_MANY = 8
# Fewer levels than that are evenly spaced steps between 0 and 255, none of them near 0.
_LOWEST_STEP = 16
# Shares of pixels whose neighbours have all the same value, at most in edges, at least in areas.
_FLAT_EDGE, _FLAT_AREA = 0.25, 0.2
_EDGE_NEAR_TOP = 0.9
_NEIGHBOURS = np.ones((3, 3), np.uint8)
_NEAR = np.ones((5, 5), np.uint8)

SOFT_NOTE = "its mask has greys at its edges and was cut at 128, for all hands together"


class MaskKind(Enum):
    """What a mask looks like."""

    EMPTY = "no value but 0"
    ALL_HANDS = "0 and 255"
    ONE_VALUE = "0 and another value"
    SOFT = "0 and 255 with soft edges"
    IDS = "ids"
    UNCLEAR = "neither ids nor soft edges"


@dataclass(frozen=True)
class MaskMeaning:
    """A mask as ids, uint8 (H, W); without `has_instances` 1 stands for all hands, or 255.

    `notes` tell how it was read, where it was not taken as it is.
    """

    ids: np.ndarray
    has_instances: bool
    notes: tuple[str, ...] = ()


def kind_of(mask: np.ndarray) -> MaskKind:
    """Return what a mask, uint8 (H, W), looks like by itself."""
    counts = cv2.calcHist([mask], [0], None, [256], [0, 256])
    values = np.flatnonzero(counts[1:]) + 1
    if not len(values):
        return MaskKind.EMPTY
    if len(values) == 1:
        return MaskKind.ALL_HANDS if values[0] == ALL_HANDS else MaskKind.ONE_VALUE
    flat = cv2.erode(mask, _NEIGHBOURS) == cv2.dilate(mask, _NEIGHBOURS)
    if _is_soft(mask, flat, values):
        return MaskKind.SOFT
    is_flat = np.count_nonzero(flat & (mask > 0)) >= _FLAT_AREA * np.count_nonzero(mask)
    return MaskKind.IDS if len(values) < _MANY or is_flat else MaskKind.UNCLEAR


def _is_soft(mask: np.ndarray, flat: np.ndarray, values: np.ndarray) -> bool:
    """Return whether what lies between 0 and the highest values is edge and not area."""
    top = values[-1]
    hand = mask >= max(1, int(top) - _NOISE)
    edge = (mask > 0) & ~hand
    pixels = np.count_nonzero(edge)
    if top < _SOFT_TOP or not pixels or np.count_nonzero(flat & edge) > _FLAT_EDGE * pixels:
        return False
    if len(values) >= _MANY:
        return True
    near = cv2.dilate(hand.view(np.uint8), _NEAR) > 0
    return bool(
        values[0] >= _LOWEST_STEP and np.count_nonzero(near & edge) >= _EDGE_NEAR_TOP * pixels
    )


def binary_mask(mask: np.ndarray) -> np.ndarray:
    """Return where a mask says "hand" or "object", bool (H, W): soft edges are cut at 128."""
    return mask >= _CUT if kind_of(mask) is MaskKind.SOFT else mask > 0


def meaning_of(mask: np.ndarray, values: MaskValues, only_value: int | None) -> MaskMeaning:
    """Return what a mask means among those of its set.

    `only_value` is the one value that all masks of the set hold, None where they hold several or
    255. Raises UnusableError for a mask that is unclear unless `values` tells.
    """
    kind = kind_of(mask)
    if values is MaskValues.IDS:
        return MaskMeaning(mask, True)
    if kind is MaskKind.SOFT:
        return MaskMeaning((mask >= _CUT).astype(np.uint8), False, (SOFT_NOTE,))
    if values is MaskValues.BINARY:
        return MaskMeaning((mask > 0).astype(np.uint8), False)
    if kind is MaskKind.UNCLEAR:
        raise UnusableError(
            f"its mask has {len(np.unique(mask))} values that are neither ids of hands nor clearly "
            "0 and 255 with soft edges: say what they are with --mask-values binary or ids",
            SkipCause.VALUES,
        )
    if kind is MaskKind.ONE_VALUE and only_value is not None:
        return MaskMeaning((mask > 0).astype(np.uint8), False, (only_value_note(only_value),))
    return MaskMeaning(mask, kind is not MaskKind.ALL_HANDS)


def only_value_note(value: int) -> str:
    """Return what is told of masks that were taken for all hands together by their one value."""
    return (
        f"its mask has 0 and {value} alone, as all masks of the set, and was taken for all hands "
        f"together (--mask-values ids: {value} is the id of one hand)"
    )


def only_value(masks: Iterable[np.ndarray]) -> int | None:
    """Return the value, not 255, that all masks with a hand hold and no other; None otherwise.

    It reads no further than to the first mask that tells.
    """
    found: set[int] = set()
    for mask in masks:
        if mask.any():
            low, high = int(mask[mask > 0].min()), int(mask.max())
            found |= {low, high}
            if len(found) > 1 or high == ALL_HANDS:
                return None
    return found.pop() if found else None


@dataclass(frozen=True)
class MaskSet:
    """How all masks of a recording are read: its first one with a hand decides for all."""

    values: MaskValues
    is_binary: bool
    only_value: int | None = None

    @classmethod
    def of(cls, masks: Iterable[np.ndarray], values: MaskValues, names_ids: bool) -> MaskSet:
        """Look at masks, no further than needed; with `names_ids` one value alone is an id."""
        if values is not MaskValues.AUTO:
            return cls(values, values is MaskValues.BINARY)
        with_hands = (mask for mask in masks if mask.any())
        first = next(with_hands, None)
        kind = MaskKind.EMPTY if first is None else kind_of(first)
        if first is None or kind is not MaskKind.ONE_VALUE or names_ids:
            return cls(values, kind in (MaskKind.ALL_HANDS, MaskKind.SOFT))
        value = only_value(itertools.chain([first], with_hands))
        return cls(values, value is not None, value)

    def meaning(self, mask: np.ndarray) -> MaskMeaning:
        """Return what one of them means; raises UnusableError for one that is unclear."""
        own = meaning_of(mask, self.values, self.only_value)
        if self.is_binary and own.has_instances:
            return MaskMeaning(binary_mask(mask).astype(np.uint8), False)
        if not own.has_instances:
            return MaskMeaning((own.ids > 0).astype(np.uint8), False, own.notes)
        return own
