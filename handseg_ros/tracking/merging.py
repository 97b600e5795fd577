"""Hands that touch and are found as one: each keeps its track until they part again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handseg_ros.segmentation.hands import Hand
from handseg_ros.tracking.shared_pixels import shared_pixels
from handseg_ros.tracking.track import Expected, Track

# A found hand is two when the other hand should lie inside by this share, ...
_INSIDE = 0.5
# ... when it is larger than its own track's hand by this share of the other one, ...
_MORE = 0.5
# ... and when the other one was known for so many seconds: pieces of one hand come and go.
_KNOWN_FOR = 0.2


def merged_tracks(
    expected: Sequence[Expected], hands: Sequence[Hand], hand_of: Mapping[int, int]
) -> dict[int, int]:
    """Return which hand each track without one is merged into: tracks' places to hands' places.

    `hand_of` tells the hands of the tracks that have one, by their places in the two sequences.
    """
    found: dict[int, int] = {}
    for place, each in enumerate(expected):
        if place in hand_of or each.track.apart - each.track.began < _KNOWN_FOR:
            continue
        for owner, number in hand_of.items():
            if _is_two(hands[number], expected[owner].track, each):
                found[place] = number
                break
    return found


def _is_two(hand: Hand, owner: Track, other: Expected) -> bool:
    track = other.track
    if hand.area < owner.size**2 + _MORE * track.size**2:
        return False
    inside = shared_pixels(other.box, track.mask, hand.box, hand.mask)
    return inside >= _INSIDE * track.area
