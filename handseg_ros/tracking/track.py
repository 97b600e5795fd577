"""What is known of one hand over time."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from handseg_ros.segmentation.hands import Box, Hand
from handseg_ros.tracking.motion import Motion
from handseg_ros.tracking.side_vote import SideVote

# In how many seconds a track's size follows its hand's: a hand that goes behind something seems to
# shrink first, and is as large as before when it comes back.
_GROWING, _SHRINKING = 0.5, 2.0


@dataclass(frozen=True)
class Track:
    """One hand over time. All times are in seconds.

    `motion` is that of its centroid when it was `seen` last, and `box` and `mask` lie there; the
    mask, of `area` pixels, is the one it had when it was last `apart`: while it is merged with
    another hand in one mask, it is seen but not apart. `size` is the side, in pixels, of a square
    of the hand's usual area. `lost` is the time of the first frame after it was seen, or None.
    """

    id: int
    motion: Motion
    box: Box
    mask: np.ndarray
    area: int
    size: float
    vote: SideVote
    start_time: float
    seen: float
    apart: float
    lost: float | None

    @classmethod
    def start(cls, number: int, hand: Hand, now: float) -> Track:
        """Return the track of a hand that was not known before."""
        return cls(
            id=number,
            motion=Motion(*hand.centroid),
            box=hand.box,
            mask=hand.mask,
            area=hand.area,
            size=math.sqrt(hand.area),
            vote=SideVote.of(hand),
            start_time=now,
            seen=now,
            apart=now,
            lost=None,
        )

    def updated(self, hand: Hand, now: float) -> Track:
        """Return the track after its hand was found on its own."""
        hidden, size = now - self.seen, math.sqrt(hand.area)
        follows = _GROWING if size > self.size else _SHRINKING
        return replace(
            self,
            motion=self.motion.corrected(*hand.centroid, hidden, min(1.0, (size / self.size) ** 2)),
            box=hand.box,
            mask=hand.mask,
            area=hand.area,
            size=size + (self.size - size) * math.exp(-hidden / follows),
            vote=self.vote.joined(hand, now - self.apart),
            seen=now,
            apart=now,
            lost=None,
        )

    def merged(self, position: tuple[float, float], now: float) -> Track:
        """Return the track after its hand was found at a position in one mask with another hand."""
        motion = self.motion.corrected(*position, now - self.seen, share=1.0)
        return replace(self, motion=motion, box=self._box_at(motion), seen=now, lost=None)

    def missed(self, now: float) -> Track:
        """Return the track after a frame in which its hand was not found."""
        return replace(self, lost=now) if self.lost is None else self

    def predict(self, now: float) -> PredictedTrack:
        """Return where the hand should be."""
        motion = self.motion.after(now - self.seen)
        return PredictedTrack(self, motion.x, motion.y, self._box_at(motion))

    def _box_at(self, motion: Motion) -> Box:
        right, down = round(motion.x - self.motion.x), round(motion.y - self.motion.y)
        return Box(self.box.x + right, self.box.y + down, self.box.width, self.box.height)


@dataclass(frozen=True)
class PredictedTrack:
    """A track and where its hand should be by now: centroid (`x`, `y`) and box, in pixels."""

    track: Track
    x: float
    y: float
    box: Box
