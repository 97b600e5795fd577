"""How a hand moves: a position and a velocity that fades, so that nothing is predicted far away."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import dataclass

# A hand that is not seen is taken to slow down in about this time, in seconds.
_FADING = 0.75
# How much of what a frame tells of the velocity is believed: centroids jitter with their masks.
_BELIEVED = 0.5
# Frames closer than this, in seconds, tell nothing of a velocity.
_TOO_CLOSE = 1e-3


@dataclass(frozen=True)
class Motion:
    """A centroid, (`x`, `y`) in pixels of the frame, and its velocity in pixels a second."""

    x: float
    y: float
    velocity_x: float = 0.0
    velocity_y: float = 0.0

    def after(self, seconds: float) -> Motion:
        """Return the motion some seconds later: at constant velocity first, then slowing down."""
        kept = math.exp(-seconds / _FADING)
        travelled = _FADING * (1.0 - kept)
        return Motion(
            self.x + self.velocity_x * travelled,
            self.y + self.velocity_y * travelled,
            self.velocity_x * kept,
            self.velocity_y * kept,
        )

    def corrected(self, x: float, y: float, seconds: float, share: float) -> Motion:
        """Return the motion after the hand was seen at (x, y), some seconds after the last time.

        An alpha-beta filter (Kalata, "The Tracking Index", IEEE T-AES 1984) with alpha 1, as masks
        tell the position well. Its beta falls with the `share` of the hand that was seen: a hand
        that goes behind something only seems to slow down.
        """
        predicted = self.after(seconds)
        gain = share * _BELIEVED / seconds if seconds >= _TOO_CLOSE else 0.0
        return Motion(
            x,
            y,
            predicted.velocity_x + gain * (x - predicted.x),
            predicted.velocity_y + gain * (y - predicted.y),
        )
