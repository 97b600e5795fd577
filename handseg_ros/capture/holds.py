"""Buttons pressed by a hand that is held over them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handseg_ros.capture.buttons import Action

# Share of a button from which on a hand touches it, and below which it has left: two, so that a
# hand at the edge does not flicker between both. An open hand, of 130 square centimetres, covers so
# much of one up to 1.4 m before a webcam that sees 60 degrees.
_TOUCHES, _LEAVES = 0.15, 0.08
# So many seconds a hand may be missed by the model before it counts as gone.
_MISSED = 0.4
# At most so much of a hold is counted from one frame to the next: a camera that stood still for
# longer has not seen that the hand stayed.
_LONGEST_STEP = 0.5
_ROUNDING = 1e-6


@dataclass
class _Touch:
    """What is known of one button; `is_armed` once it was free, as before the first hand's visit.

    What covers a button from the first frame on, or stays after it pressed, presses nothing.
    """

    is_armed: bool = False
    is_touched: bool = False
    seen: float = 0.0
    held: float = 0.0

    def look(self, coverage: float, time: float) -> bool:
        """Take the covered share at a time; returns whether a hand is seen there now."""
        is_seen = coverage >= (_LEAVES if self.is_touched else _TOUCHES)
        if is_seen:
            self.is_touched, self.seen = True, time
        elif time - self.seen > _MISSED:
            self.is_touched = False
        if not self.is_touched:
            self.is_armed, self.held = True, 0.0
        return is_seen


class HoldDetector:
    """Finds the button that is pressed by a hand held over it for `hold` seconds.

    Where hands cover several, the one that is held first counts alone until it is left.
    """

    def __init__(self, hold: float) -> None:
        self._hold = hold
        self._touches = {action: _Touch() for action in Action}
        self._held: Action | None = None
        self._last: float | None = None

    def update(self, coverage: Mapping[Action, float], time: float) -> Action | None:
        """Take each button's covered share at a time in seconds; returns what is pressed by it."""
        step = 0.0 if self._last is None else min(max(time - self._last, 0.0), _LONGEST_STEP)
        self._last = time
        seen = {
            action: touch.look(coverage[action], time) for action, touch in self._touches.items()
        }
        waiting = [action for action, touch in self._touches.items() if _counts(touch)]
        if self._held not in waiting:
            # what is touched in this frame first has not been held yet
            self._held, step = max(waiting, key=lambda action: coverage[action], default=None), 0.0
        if self._held is None:
            return None
        touch = self._touches[self._held]
        touch.held += step if seen[self._held] else 0.0
        if touch.held < self._hold - _ROUNDING:
            return None
        touch.is_armed = False
        return self._held

    def progress(self, action: Action) -> float:
        """Return how much of a button's hold is done, 0 to 1; after it, 1 until the hand left."""
        touch = self._touches[action]
        if not touch.is_touched:
            return 0.0
        return min(1.0, touch.held / max(self._hold, _ROUNDING))


def _counts(touch: _Touch) -> bool:
    return touch.is_armed and touch.is_touched
