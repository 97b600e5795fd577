"""Whether left and right are told apart: accuracy over labelled hands that are found.

A hand that is missed has no reported side, so it counts in `hands.py`, not here.
"""

from __future__ import annotations

from collections.abc import Sequence

from handseg_ros.evaluation.figures.parts import HandFigure, JudgedHand, Part, share_of
from handseg_ros.segmentation.hands import Side


def _found(hands: Sequence[JudgedHand]) -> list[JudgedHand]:
    """Return the hands whose side is labelled and of which something was reported."""
    return [hand for hand in hands if hand.side != Side.UNKNOWN and hand.reported is not None]


def _right(hands: Sequence[JudgedHand]) -> Part:
    return share_of(hand.reported == hand.side for hand in _found(hands))


def _known(hands: Sequence[JudgedHand]) -> Part:
    return share_of(hand.reported != Side.UNKNOWN for hand in _found(hands))


SIDE_RIGHT = HandFigure(
    "side_right",
    "side right",
    "Share of found hands with a labelled side whose reported side is that one; an unknown side is "
    "not right",
    _right,
)
SIDE_KNOWN = HandFigure(
    "side_known",
    "side reported",
    "Share of found hands with a labelled side of which a side is reported at all",
    _known,
)
