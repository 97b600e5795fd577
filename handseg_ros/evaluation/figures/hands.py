"""Whether labelled hands are found, one by one. Which found hand is which: `instances.match`.

Recall: as in COCO's evaluation at IoU 0.50 (Lin et al., "Microsoft COCO", ECCV 2014), at the
model's own score threshold.
"""

from __future__ import annotations

from collections.abc import Sequence

from handseg_ros.evaluation.figures.parts import HandFigure, JudgedHand, Part, share_of
from handseg_ros.evaluation.instances import MATCH_IOU


def _recall(hands: Sequence[JudgedHand]) -> Part:
    return share_of(hand.reported is not None for hand in hands)


def _iou(hands: Sequence[JudgedHand]) -> Part:
    return Part(sum(hand.iou for hand in hands), float(len(hands)))


HAND_RECALL = HandFigure(
    "hand_recall",
    "hands found",
    f"Share of labelled hands that a found hand of their own overlaps with an IoU of {MATCH_IOU} "
    "or more",
    _recall,
)
HAND_IOU = HandFigure(
    "hand_iou",
    "IoU of single hands",
    "The best IoU of each labelled hand with any found one, averaged over labelled hands, so that "
    "a missed one pulls it down",
    _iou,
)
