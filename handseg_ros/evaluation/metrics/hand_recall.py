"""Whether labelled hands are found, one by one. Which found hand is which: `instances.match`.

Recall: as in COCO's evaluation at IoU 0.50 (Lin et al., "Microsoft COCO", ECCV 2014), at the
model's own score threshold.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

from handseg_ros.evaluation.instance_matching import MATCH_IOU
from handseg_ros.evaluation.metrics.metric import Contribution, EvaluatedHand, HandMetric, share_of


def _recall(hands: Sequence[EvaluatedHand]) -> Contribution:
    return share_of(hand.reported is not None for hand in hands)


def _iou(hands: Sequence[EvaluatedHand]) -> Contribution:
    return Contribution(sum(hand.iou for hand in hands), float(len(hands)))


HAND_RECALL = HandMetric(
    "hand_recall",
    "hands found",
    f"Share of labelled hands that a found hand of their own overlaps with an IoU of {MATCH_IOU} "
    "or more",
    "[6]",
    _recall,
)
HAND_IOU = HandMetric(
    "hand_iou",
    "IoU of single hands",
    "The best IoU of each labelled hand with any found one, averaged over labelled hands, so that "
    "a missed one pulls it down",
    "own, of [1]",
    _iou,
)
