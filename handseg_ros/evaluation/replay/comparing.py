"""Compares what a model found in one frame with what is known of it.

All work is done inside one window around the found and the known hands, as most of a frame is
neither, and counting all of its pixels would take longer than the network.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.evaluation import run_lengths
from handseg_ros.evaluation.boundary import OutlineMatch, diagonal_share, match_outlines
from handseg_ros.evaluation.instances import SMALLEST_HAND, fates
from handseg_ros.evaluation.labelled.frames import LabelledFrame, Truth
from handseg_ros.evaluation.labelled.ids import box_around, id_areas
from handseg_ros.evaluation.metrics import Overlap, overlap
from handseg_ros.evaluation.replay.records import Answer, FoundHand, FrameRecord, KnownHand
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side

# Tolerances of the outline: pixels, and a share of the frame's diagonal.
NEAR_PIXELS = 2
NEAR_SHARE = 0.0075
# What `match_outlines` wants around the masks.
_MARGIN = 2
# One row of so many of a picture goes into a frame's digest: all of them would take as long as
# reading them. Labels are smaller, and corrected in a few rows, so they go in whole.
_DIGEST_STEP = 8


@dataclass(frozen=True)
class _KnownArea:
    """One id of the truth, its number of pixels, and whether it has no part in the figures."""

    id: int
    area: int
    ignored: bool


def make_record(frame: LabelledFrame, segmentations: Sequence[Segmentation]) -> FrameRecord:
    """Return what is kept of a frame and of each model's answer to it.

    Raises HandsegError when pycocotools is missing.
    """
    truth = frame.truth
    height, width = frame.image.shape[:2]
    box = box_around(truth.ids) if truth else Box(0, 0, 0, 0)
    areas = _areas(truth, box) if truth else ()
    return FrameRecord(
        frame.name,
        frame.sequence,
        dict(frame.tags),
        height,
        width,
        digest(frame),
        labelled=truth is not None,
        has_instances=truth is not None and truth.has_instances,
        known=tuple(_known_hand(truth, area, box) for area in areas) if truth else (),
        answers=tuple(
            _answer(segmentation, truth, areas, box) if truth else _unlabelled(segmentation)
            for segmentation in segmentations
        ),
    )


def digest(frame: LabelledFrame) -> int:
    """Return a number that differs, all but surely, between different pictures or labels."""
    value = zlib.crc32(np.ascontiguousarray(frame.image[::_DIGEST_STEP]).data)
    value = zlib.crc32(repr((frame.sequence, sorted(frame.tags.items()))).encode(), value)
    truth = frame.truth
    if truth is None:
        return value
    words = (
        truth.has_instances,
        sorted((number, int(side)) for number, side in truth.sides.items()),
        sorted(truth.tracks.items()),
        sorted(truth.ignored),
    )
    value = zlib.crc32(repr(words).encode(), value)
    masks = (truth.ids, np.zeros(0) if truth.objects is None else truth.objects)
    for mask in masks:
        value = zlib.crc32(np.ascontiguousarray(mask).data, value)
    return value


def _areas(truth: Truth, box: Box) -> tuple[_KnownArea, ...]:
    return tuple(
        _KnownArea(
            number,
            area,
            number in truth.ignored or (truth.has_instances and area < SMALLEST_HAND),
        )
        for number, area in id_areas(truth.ids[box.slices]).items()
    )


def _known_hand(truth: Truth, area: _KnownArea, box: Box) -> KnownHand:
    shape = truth.ids.shape[0], truth.ids.shape[1]
    runs = run_lengths.encode_inside(truth.ids[box.slices] == area.id, box, shape)
    return KnownHand(
        run_lengths.to_text(runs),
        area.area,
        truth.sides.get(area.id, Side.UNKNOWN),
        truth.tracks.get(area.id),
        area.ignored,
    )


def _answer(
    segmentation: Segmentation, truth: Truth, areas: Sequence[_KnownArea], known_box: Box
) -> Answer:
    shape = segmentation.height, segmentation.width
    tolerances = NEAR_PIXELS, diagonal_share(shape, NEAR_SHARE)
    window = _grown(
        Box.around(_filled([known_box, *(hand.box for hand in segmentation.hands)])), shape
    )
    ids = truth.ids[window.slices]
    found = [_placed(hand, window) for hand in segmentation.hands]
    judged = [ids == area.id for area in areas if not area.ignored]
    ignored = [ids == area.id for area in areas if area.ignored]
    all_found, all_known = _union(found, ids.shape), _union(judged, ids.shape)
    if ignored:
        all_found &= ~_union(ignored, ids.shape)
    scores = [hand.score for hand in segmentation.hands]
    return Answer(
        tuple(
            _found_hand(hand, shape, int(np.count_nonzero(mask & all_known)))
            for hand, mask in zip(segmentation.hands, found, strict=True)
        ),
        fates(found, scores, judged) if truth.has_instances else (),
        overlap(all_found, all_known),
        match_outlines(all_found, all_known, tolerances),
        _objects(segmentation, truth),
    )


def _unlabelled(segmentation: Segmentation) -> Answer:
    shape = segmentation.height, segmentation.width
    hands = tuple(_found_hand(hand, shape, 0) for hand in segmentation.hands)
    return Answer(hands, (), Overlap(0, 0, 0), (OutlineMatch(0, 0, 0, 0),) * 2, None)


def _found_hand(hand: Hand, shape: tuple[int, int], right: int) -> FoundHand:
    runs = run_lengths.to_text(run_lengths.encode_inside(hand.mask > 0, hand.box, shape))
    return FoundHand(runs, round(hand.score, 6), hand.side, hand.area, right)


def _objects(segmentation: Segmentation, truth: Truth) -> Overlap | None:
    if truth.objects is None or segmentation.objects is None:
        return None
    return overlap(segmentation.object_mask(), truth.objects)


def _filled(boxes: Sequence[Box]) -> list[Box]:
    return [box for box in boxes if box.width and box.height]


def _grown(box: Box, shape: tuple[int, int]) -> Box:
    left, top = max(0, box.x - _MARGIN), max(0, box.y - _MARGIN)
    right = min(shape[1], box.x + box.width + _MARGIN)
    bottom = min(shape[0], box.y + box.height + _MARGIN)
    return Box(left, top, right - left, bottom - top)


def _placed(hand: Hand, window: Box) -> np.ndarray:
    """Return a hand's mask in the window: bool (window.height, window.width)."""
    mask = np.zeros((window.height, window.width), bool)
    box = hand.box
    shifted = Box(box.x - window.x, box.y - window.y, box.width, box.height)
    mask[shifted.slices] = hand.mask > 0
    return mask


def _union(masks: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    union = np.zeros(shape, bool)
    for mask in masks:
        union |= mask
    return union
