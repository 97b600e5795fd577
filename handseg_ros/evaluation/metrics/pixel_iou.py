"""How well found pixels are hand pixels, on frames that have a hand.

IoU: Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, section 4.4,
of the class hand alone; background, which is most of a frame, has no part. Precision and recall:
van Rijsbergen, "Information Retrieval", 1979, chapter 7, with pixels as documents.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.evaluation.metrics.metric import (
    NO_CONTRIBUTION,
    Contribution,
    EvaluatedFrame,
    FrameMetric,
)


def _mean_iou(frame: EvaluatedFrame) -> Contribution:
    return Contribution(frame.answer.overlap.iou, 1.0) if frame.has_hand else NO_CONTRIBUTION


def _pooled_iou(frame: EvaluatedFrame) -> Contribution:
    counts = frame.answer.overlap
    return Contribution(counts.both, counts.either) if frame.has_hand else NO_CONTRIBUTION


def _precision(frame: EvaluatedFrame) -> Contribution:
    counts = frame.answer.overlap
    return Contribution(counts.both, counts.found) if frame.has_hand else NO_CONTRIBUTION


def _recall(frame: EvaluatedFrame) -> Contribution:
    counts = frame.answer.overlap
    return Contribution(counts.both, counts.known) if frame.has_hand else NO_CONTRIBUTION


IOU = FrameMetric(
    "iou",
    "hand-only IoU, mean over frames",
    "Found and known hand pixels: those in both over those in either, averaged over frames that "
    "have a hand",
    "[1], section 4.4",
    _mean_iou,
)
IOU_POOLED = FrameMetric(
    "iou_pooled",
    "hand-only IoU, pooled",
    "The same of all pixels of all frames that have a hand together, so that large hands weigh "
    "more",
    "[1], section 4.4",
    _pooled_iou,
)
PRECISION = FrameMetric(
    "precision",
    "pixel precision",
    "Share of found hand pixels that are hand, of all frames that have a hand together",
    "[2], chapter 7",
    _precision,
)
RECALL = FrameMetric(
    "recall",
    "pixel recall",
    "Share of known hand pixels that are found, of all frames that have a hand together",
    "[2], chapter 7",
    _recall,
)
