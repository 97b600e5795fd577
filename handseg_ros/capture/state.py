"""What a capture session tells after each frame: all that a window or a page shows of it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.capture.buttons import Action, Button


class Phase(enum.Enum):
    """Where a session is: between actions, counting down, averaging the background, or ended."""

    IDLE = "idle"
    COUNTDOWN = "countdown"
    AVERAGING = "averaging"
    DONE = "done"


@dataclass(frozen=True)
class Message:
    """A sentence to show; `is_problem` where something was not done, or not well."""

    text: str
    is_problem: bool = False


@dataclass(frozen=True)
class ButtonState:
    """A button, and how much of the hold that presses it is done: 0 to 1.

    `is_available` is false where pressing it gives a sentence alone.
    """

    button: Button
    progress: float
    is_available: bool


@dataclass(frozen=True)
class CaptureState:
    """A session after a frame.

    `action` is what is counted down to or averaged for, None otherwise; `seconds_left` are those of
    the countdown; `averaged` is the done share of an average, 0 to 1. `stored` is the file that was
    written with this frame, `failed` says that one could not be, and the message why. `is_mirrored`
    says that buttons lie in the mirrored picture.
    """

    phase: Phase
    action: Action | None
    seconds_left: float
    averaged: float
    buttons: tuple[ButtonState, ...]
    message: Message
    stored: Path | None
    failed: bool
    is_mirrored: bool
