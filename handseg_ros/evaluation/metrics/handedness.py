"""Whether left and right are told apart: accuracy over labelled hands that are found.

A hand that is missed has no reported side, so it counts in `hands.py`, not here.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

from handseg_ros.evaluation.metrics.metric import Contribution, EvaluatedHand, HandMetric, share_of
from handseg_ros.segmentation.hands import Side


def _found(hands: Sequence[EvaluatedHand]) -> list[EvaluatedHand]:
    """Return the hands whose side is labelled and of which something was reported."""
    return [hand for hand in hands if hand.side != Side.UNKNOWN and hand.reported is not None]


def _right(hands: Sequence[EvaluatedHand]) -> Contribution:
    return share_of(hand.reported == hand.side for hand in _found(hands))


def _known(hands: Sequence[EvaluatedHand]) -> Contribution:
    return share_of(hand.reported != Side.UNKNOWN for hand in _found(hands))


SIDE_RIGHT = HandMetric(
    "side_right",
    "side right",
    "Share of found hands with a labelled side whose reported side is that one; an unknown side is "
    "not right",
    "own",
    _right,
)
SIDE_KNOWN = HandMetric(
    "side_known",
    "side reported",
    "Share of found hands with a labelled side of which a side is reported at all",
    "own",
    _known,
)
