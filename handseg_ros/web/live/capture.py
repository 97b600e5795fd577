"""A capture session beside the page: pressed from it, or by a hand held over a button."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time

import numpy as np
from pydantic import BaseModel, Field

from handseg_ros.capture.buttons import Action
from handseg_ros.capture.drawing import draw_capture
from handseg_ros.capture.folder import CaptureFolder
from handseg_ros.capture.session import CaptureOptions, CaptureSession
from handseg_ros.capture.state import CaptureState, Phase


class LiveCapture(BaseModel):
    """Where a capture session is."""

    phase: Phase
    message: str = Field(description="the sentence that people read on the picture too")
    is_problem: bool
    seconds_left: float = Field(description="of the countdown, 0 without one")
    available: list[Action] = Field(description="buttons that do more than tell a sentence")


class CaptureControl:
    """Drives a session by the frames that are shown; pressed in any thread.

    After Ext a press of Bkg or Sav begins another session.
    """

    def __init__(self, folder: CaptureFolder, options: CaptureOptions) -> None:
        """Store into the folder."""
        self._folder, self._options = folder, options
        self._session = CaptureSession(self._folder, options)
        self._pressed: Action | None = None
        self._state: CaptureState | None = None
        self._lock = threading.Lock()

    def another(self) -> CaptureControl:
        """Return one of another camera, with a session of its own in the same folder."""
        return CaptureControl(self._folder, self._options)

    def press(self, action: Action) -> None:
        """Have the next frame press a button."""
        with self._lock:
            self._pressed = action

    def step(self, frame: np.ndarray, mask: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """Take a frame and the mask of its hands; returns `shown` with the session drawn over it.

        Both pictures are uint8 (height, width, 3), BGR; the mask is uint8 (height, width), 0 where
        there is no hand. Called by one thread alone.
        """
        with self._lock:
            pressed, self._pressed = self._pressed, None
        is_over = self._state is not None and self._state.phase is Phase.DONE
        if is_over and pressed not in (None, Action.END):
            self._session = CaptureSession(self._folder, self._options)
        state = self._session.step(frame, mask, time.monotonic(), pressed)
        with self._lock:
            self._state = state
        return draw_capture(shown, state)

    def state(self) -> LiveCapture | None:
        """Return where the session is, None before the first frame."""
        with self._lock:
            state = self._state
        if state is None:
            return None
        return LiveCapture(
            phase=state.phase,
            message=state.message.text,
            is_problem=state.message.is_problem,
            seconds_left=state.seconds_left,
            available=[one.button.action for one in state.buttons if one.is_available]
            if state.phase is not Phase.DONE
            else [Action.BACKGROUND],
        )
