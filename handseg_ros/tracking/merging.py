"""Hands that touch and are found as one: each keeps its track until they part again."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handseg_ros.segmentation.hands import Box, Hand
from handseg_ros.tracking.shared_pixels import shared_pixels
from handseg_ros.tracking.track import PredictedTrack, Track

# A found hand is two when the other hand should lie inside by this share, ...
_INSIDE = 0.5
# ... when it is larger than its own track's hand by this share of the other one, or was two before
# (crossing hands cover each other), ...
_MORE = 0.5
# ... and when the other one was known for so many seconds: pieces of one hand come and go.
_KNOWN_FOR = 0.2
# So many seconds later it is not known any more who is in the mask.
_LONGEST = 5.0


def merged_tracks(
    predicted: Sequence[PredictedTrack],
    hands: Sequence[Hand],
    hand_of: Mapping[int, int],
    now: float,
) -> dict[int, list[int]]:
    """Return which hands are those of several tracks: indices of hands to indices of their tracks.

    `hand_of` is the hand of each track that has one, by their indices in the two sequences; that
    track comes first.
    """
    wholes: dict[int, list[int]] = {}
    for index, each in enumerate(predicted):
        track = each.track
        if index in hand_of or track.apart - track.start_time < _KNOWN_FOR:
            continue
        if now - track.apart > _LONGEST:
            continue
        for owner, number in hand_of.items():
            if _is_two(hands[number], predicted[owner].track, each):
                wholes.setdefault(number, [owner]).append(index)
                break
    return wholes


def _is_two(hand: Hand, owner: Track, other: PredictedTrack) -> bool:
    track = other.track
    was_merged = track.seen > track.apart
    if not was_merged and hand.area < owner.size**2 + _MORE * track.size**2:
        return False
    inside = shared_pixels(other.box, track.mask, hand.box, hand.mask)
    return inside >= _INSIDE * track.area


def positions_inside(parts: Sequence[PredictedTrack], whole: Box) -> list[tuple[float, float]]:
    """Return the centroids, in pixels, of hands that are found together in one mask's box.

    Each hand keeps the size of its box. It lies inside the whole, and where nothing would reach an
    edge of the whole the hand that should be nearest to that edge does: hands whose mask stays wide
    lie side by side and do not pass each other, whatever their velocities were.
    """
    boxes = [part.box for part in parts]
    right = _shifts([(box.x, box.width) for box in boxes], whole.x, whole.width)
    down = _shifts([(box.y, box.height) for box in boxes], whole.y, whole.height)
    return [(part.x + x, part.y + y) for part, x, y in zip(parts, right, down, strict=True)]


def _shifts(spans: Sequence[tuple[int, int]], begin: int, length: int) -> list[int]:
    """Return how far to move spans (begin, length) so that they fill another span."""
    middles = [(start + size / 2, index) for index, (start, size) in enumerate(spans)]
    (_, first), (_, last) = min(middles), max(middles)
    fitted = [max(begin, min(start, begin + length - size)) for start, size in spans]
    ends = [start + size for start, (_, size) in zip(fitted, spans, strict=True)]
    if min(fitted) > begin:
        fitted[first] = begin
    if max(ends) < begin + length:
        fitted[last] = begin + length - spans[last][1]
    return [new - start for new, (start, _) in zip(fitted, spans, strict=True)]
