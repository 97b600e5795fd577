"""Compares what a model found in one frame with what is known of it.

All work is done inside one window around the found and the known hands, as most of a frame is
neither, and counting all of its pixels would take longer than the network.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.datasets import run_lengths
from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.datasets.instance_ids import box_around, id_areas
from handseg_ros.evaluation.boundary import BoundaryMatch, diagonal_share, match_boundaries
from handseg_ros.evaluation.instance_matching import SMALLEST_HAND, fates
from handseg_ros.evaluation.overlap import Overlap, overlap
from handseg_ros.evaluation.runner.records import (
    FramePrediction,
    FrameRecord,
    PredictedHand,
    TargetHand,
)
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side

# Tolerances of the outline: pixels, and a share of the frame's diagonal.
NEAR_PIXELS = 2
NEAR_SHARE = 0.0075
# What `match_boundaries` wants around the masks.
_MARGIN = 2
# One row of so many of a picture goes into a frame's digest: all of them would take as long as
# reading them. Labels are smaller, and corrected in a few rows, so they go in whole.
_DIGEST_STEP = 8


@dataclass(frozen=True)
class _KnownArea:
    """One id of the ground truth, its number of pixels, and whether it is not counted."""

    id: int
    area: int
    ignored: bool


def compare_frame(frame: LabelledFrame, segmentations: Sequence[Segmentation]) -> FrameRecord:
    """Return what is kept of a frame and of each model's answer to it.

    Raises HandsegError when pycocotools is missing.
    """
    ground_truth = frame.ground_truth
    height, width = frame.image.shape[:2]
    box = box_around(ground_truth.ids) if ground_truth else Box(0, 0, 0, 0)
    areas = _areas(ground_truth, box) if ground_truth else ()
    return FrameRecord(
        frame.name,
        frame.sequence,
        dict(frame.tags),
        height,
        width,
        digest(frame),
        labelled=ground_truth is not None,
        has_instances=ground_truth is not None and ground_truth.has_instances,
        known=tuple(_known_hand(ground_truth, area, box) for area in areas) if ground_truth else (),
        answers=tuple(
            _answer(segmentation, ground_truth, areas, box)
            if ground_truth
            else _unlabelled(segmentation)
            for segmentation in segmentations
        ),
    )


def digest(frame: LabelledFrame) -> int:
    """Return a number that differs, all but surely, between different pictures or labels."""
    value = zlib.crc32(np.ascontiguousarray(frame.image[::_DIGEST_STEP]).data)
    value = zlib.crc32(repr((frame.sequence, sorted(frame.tags.items()))).encode(), value)
    if frame.background is not None:
        value = zlib.crc32(frame.background.file.read_bytes(), value)
    ground_truth = frame.ground_truth
    if ground_truth is None:
        return value
    words = (
        ground_truth.has_instances,
        sorted((number, int(side)) for number, side in ground_truth.sides.items()),
        sorted(ground_truth.tracks.items()),
        sorted(ground_truth.ignored),
    )
    value = zlib.crc32(repr(words).encode(), value)
    if ground_truth.hand_tags:  # only then, so that evaluations from before can go on
        tags = sorted(
            (number, sorted(own.items())) for number, own in ground_truth.hand_tags.items()
        )
        value = zlib.crc32(repr(tags).encode(), value)
    masks = (
        ground_truth.ids,
        np.zeros(0) if ground_truth.objects is None else ground_truth.objects,
    )
    for mask in masks:
        value = zlib.crc32(np.ascontiguousarray(mask).data, value)
    return value


def _areas(ground_truth: GroundTruth, box: Box) -> tuple[_KnownArea, ...]:
    return tuple(
        _KnownArea(
            number,
            area,
            number in ground_truth.ignored or (ground_truth.has_instances and area < SMALLEST_HAND),
        )
        for number, area in id_areas(ground_truth.ids[box.slices]).items()
    )


def _known_hand(ground_truth: GroundTruth, area: _KnownArea, box: Box) -> TargetHand:
    shape = ground_truth.ids.shape[0], ground_truth.ids.shape[1]
    runs = run_lengths.encode_inside(ground_truth.ids[box.slices] == area.id, box, shape)
    return TargetHand(
        run_lengths.to_text(runs),
        area.area,
        ground_truth.sides.get(area.id, Side.UNKNOWN),
        ground_truth.tracks.get(area.id),
        area.ignored,
        ground_truth.hand_tags.get(area.id, {}),
    )


def _answer(
    segmentation: Segmentation,
    ground_truth: GroundTruth,
    areas: Sequence[_KnownArea],
    known_box: Box,
) -> FramePrediction:
    shape = segmentation.height, segmentation.width
    tolerances = NEAR_PIXELS, diagonal_share(shape, NEAR_SHARE)
    window = _grown(
        Box.around(_filled([known_box, *(hand.box for hand in segmentation.hands)])), shape
    )
    ids = ground_truth.ids[window.slices]
    found = [_placed(hand, window) for hand in segmentation.hands]
    judged = [ids == area.id for area in areas if not area.ignored]
    ignored = [ids == area.id for area in areas if area.ignored]
    all_found, all_known = _union(found, ids.shape), _union(judged, ids.shape)
    outside = ~_union(ignored, ids.shape)
    all_found &= outside
    scores = [hand.score for hand in segmentation.hands]
    return FramePrediction(
        tuple(
            _found_hand(
                hand,
                shape,
                int(np.count_nonzero(mask & outside)),
                int(np.count_nonzero(mask & all_known)),
            )
            for hand, mask in zip(segmentation.hands, found, strict=True)
        ),
        fates(found, scores, judged) if ground_truth.has_instances else (),
        overlap(all_found, all_known),
        match_boundaries(all_found, all_known, tolerances),
        _objects(segmentation, ground_truth),
    )


def _unlabelled(segmentation: Segmentation) -> FramePrediction:
    shape = segmentation.height, segmentation.width
    hands = tuple(_found_hand(hand, shape, hand.area, 0) for hand in segmentation.hands)
    return FramePrediction(hands, (), Overlap(0, 0, 0), (BoundaryMatch(0, 0, 0, 0),) * 2, None)


def _found_hand(hand: Hand, shape: tuple[int, int], area: int, right: int) -> PredictedHand:
    runs = run_lengths.to_text(run_lengths.encode_inside(hand.mask > 0, hand.box, shape))
    return PredictedHand(runs, round(hand.score, 6), hand.side, area, right)


def _objects(segmentation: Segmentation, ground_truth: GroundTruth) -> Overlap | None:
    if ground_truth.objects is None or segmentation.objects is None:
        return None
    return overlap(segmentation.object_mask(), ground_truth.objects)


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
