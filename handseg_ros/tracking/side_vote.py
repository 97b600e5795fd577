"""Left or right, voted over a track: one frame may be wrong, a second of frames hardly is."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import dataclass

from handseg_ros.segmentation.hands import Hand, Side

# One frame's word counts no more than this probability, and all of them together no more than the
# bound in log odds (0.993): a track that took over another hand must be able to change its mind.
_MOST_OF_A_FRAME = 0.98
_BOUND = 5.0
# Frames show the same while a hand hardly moves, so each counts by the time that it stands for, and
# in full after so many seconds. It makes the vote the same at any rate of frames.
_INDEPENDENT = 0.2
# What was seen is forgotten in about so many seconds.
_FORGETTING = 3.0


@dataclass(frozen=True)
class SideVote:
    """What frames said of a hand's side: the log odds of right to left, 0 when nothing is known."""

    log_odds: float = 0.0

    @classmethod
    def of(cls, hand: Hand) -> SideVote:
        """Return what one hand of one frame says."""
        if hand.side is Side.UNKNOWN:
            return cls()
        confidence = min(max(hand.side_confidence, 0.5), _MOST_OF_A_FRAME)
        log_odds = math.log(confidence / (1.0 - confidence))
        return cls(log_odds if hand.side is Side.RIGHT else -log_odds)

    def joined(self, hand: Hand, seconds: float) -> SideVote:
        """Return the vote with a hand of a frame that many seconds after the one before."""
        kept = self.log_odds * math.exp(-seconds / _FORGETTING)
        said = SideVote.of(hand).log_odds * min(1.0, seconds / _INDEPENDENT)
        return SideVote(min(max(kept + said, -_BOUND), _BOUND))

    @property
    def side(self) -> Side:
        """The side that won; unknown where nothing speaks for either."""
        if self.log_odds == 0.0:
            return Side.UNKNOWN
        return Side.RIGHT if self.log_odds > 0.0 else Side.LEFT

    @property
    def confidence(self) -> float:
        """The probability that `side` is right, 0.5 to 1; 0 when it is unknown."""
        return 0.0 if self.log_odds == 0.0 else 1.0 / (1.0 + math.exp(-abs(self.log_odds)))

    @property
    def right(self) -> float:
        """The probability that it is a right hand; 0.5 when nothing is known."""
        return 1.0 / (1.0 + math.exp(-self.log_odds))
