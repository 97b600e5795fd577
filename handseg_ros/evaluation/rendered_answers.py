"""What a model made of one rendered picture, hand by hand, without the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.datasets.rendered import KnownHand, RenderedPicture
from handseg_ros.evaluation.average_precision import RunLengths, encode
from handseg_ros.evaluation.instance_matching import SMALLEST_HAND, fates, found_masks, size_of
from handseg_ros.evaluation.overlap import Overlap, overlap
from handseg_ros.segmentation.hands import Segmentation, Side


@dataclass(frozen=True)
class HandAnswer:
    """How one known hand fared.

    `size` is that of `instances.size_of`; `iou` its
    best IoU with any found hand, 0 without one; `reported` the side of the found hand that is
    matched with it (see `instances.match`), None when it is missed.
    """

    side: Side
    tone: int
    gloved: bool
    size: float
    iou: float
    reported: Side | None

    @property
    def found(self) -> bool:
        """Whether a found hand is matched with it."""
        return self.reported is not None


@dataclass(frozen=True)
class PictureAnswer:
    """How one picture fared.

    `hands` are the known hands of `SMALLEST_HAND` pixels or more. `overlap` is that of all found
    and all known hands together, outside the ignored hands. `runs` holds both for mask AP.
    `hand_free` is true when not a pixel of a hand is seen, `count` the number of found hands,
    `marked` the share of pixels in any of them.
    """

    hands: tuple[HandAnswer, ...]
    overlap: Overlap
    runs: RunLengths
    hand_free: bool
    count: int
    marked: float


def compare(segmentation: Segmentation, picture: RenderedPicture) -> PictureAnswer:
    """Compare what was found in a picture with what is known of it.

    Raises HandsegError when pycocotools is missing.
    """
    found = found_masks(segmentation)
    scores = [hand.score for hand in segmentation.hands]
    known = [hand.mask for hand in picture.hands]
    ignored = [int(np.count_nonzero(mask)) < SMALLEST_HAND for mask in known]
    judged = [hand for hand, skip in zip(picture.hands, ignored, strict=True) if not skip]
    doubtful = _union([mask for mask, skip in zip(known, ignored, strict=True) if skip], picture)
    everything = segmentation.mask() > 0
    return PictureAnswer(
        _hand_answers(segmentation, found, judged),
        overlap(everything & ~doubtful, _union(known, picture) & ~doubtful),
        encode(everything.shape, found, scores, known, ignored),
        hand_free=not known,
        count=len(found),
        marked=float(everything.mean()),
    )


def _hand_answers(
    segmentation: Segmentation, found: Sequence[np.ndarray], judged: Sequence[KnownHand]
) -> tuple[HandAnswer, ...]:
    scores = [hand.score for hand in segmentation.hands]
    known = [hand.mask for hand in judged]
    shape = segmentation.height, segmentation.width
    return tuple(
        HandAnswer(
            hand.side,
            hand.tone,
            hand.gloved,
            size=size_of(int(np.count_nonzero(hand.mask)), shape),
            iou=fate.iou,
            reported=None if fate.finder is None else segmentation.hands[fate.finder].side,
        )
        for hand, fate in zip(judged, fates(found, scores, known), strict=True)
    )


def _union(masks: Sequence[np.ndarray], picture: RenderedPicture) -> np.ndarray:
    union = np.zeros(picture.image.shape[:2], bool)
    for mask in masks:
        union |= mask
    return union
