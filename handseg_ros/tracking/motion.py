"""How a hand moves: a position and a velocity that fades, so that nothing is predicted far away."""

from __future__ import annotations

import math
from dataclasses import dataclass

from handseg_ros.segmentation.hands import Box

# A hand that is not seen is taken to slow down in about this time, in seconds.
_FADING = 0.5
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

    def corrected(self, x: float, y: float, seconds: float) -> Motion:
        """Return the motion with its centroid at (x, y), some seconds after it was seen last.

        The gain of an alpha-beta filter (Kalata 1984) with alpha 1, as masks tell the position well.
        """
        if seconds < _TOO_CLOSE:
            return Motion(x, y, self.velocity_x, self.velocity_y)
        expected = self.after(seconds)
        gain = _BELIEVED / seconds
        return Motion(
            x,
            y,
            expected.velocity_x + gain * (x - expected.x),
            expected.velocity_y + gain * (y - expected.y),
        )

    def kept_inside(self, box: Box) -> Motion:
        """Return the motion with its centroid moved to the box's nearest pixel."""
        return Motion(
            min(max(self.x, box.x), box.x + box.width - 1),
            min(max(self.y, box.y), box.y + box.height - 1),
            self.velocity_x,
            self.velocity_y,
        )
