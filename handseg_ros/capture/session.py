"""A capture session: what three buttons do to frames and times that are handed in.

It opens no camera or window and asks no clock, so that a terminal, a window and a page can drive
the same one. After Human Segmentation, which has these buttons and timers.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handseg_ros.capture.background_average import BackgroundAverage
from handseg_ros.capture.buttons import BUTTONS, Action
from handseg_ros.capture.folder import CaptureFolder, CaptureSet
from handseg_ros.capture.holds import HoldDetector
from handseg_ros.capture.state import ButtonState, CaptureState, Message, Phase
from handseg_ros.segmentation.errors import HandsegError

_BEGIN = Message("Bkg first: it stores the view without anybody in it")
_NO_BACKGROUND = Message("Sav needs a background to go with: press Bkg first", is_problem=True)
_STAY_OUT = Message("the background is being averaged: stay out of the picture")
_HAND_IN_IT = Message("a hand is in the background: take it out of the picture", is_problem=True)
_ENDED = Message("ended")
_ENDED_EARLY = Message("ended, and the background was not complete: it is not stored", True)


@dataclass(frozen=True)
class CaptureOptions:
    """Seconds from a press to the background and to a frame, frames of which a background is made.

    `hold` is how long a hand presses, in seconds. With `is_mirrored` people see themselves as in a
    mirror, and buttons lie in that picture; what is stored is as the camera gives it.
    """

    background_delay: float = 5.0
    save_delay: float = 2.0
    background_frames: int = 30
    hold: float = 1.0
    is_mirrored: bool = False

    def delay(self, action: Action) -> float:
        """Return the seconds from a press of Bkg or Sav to what it does."""
        return self.save_delay if action is Action.SAVE else self.background_delay


@dataclass(frozen=True)
class _Countdown:
    """What comes at a time in seconds."""

    action: Action
    due: float


class CaptureSession:
    """Stores backgrounds and frames into a folder, as buttons are pressed.

    A press of another button in place of the one that is counted down to counts down to that one;
    while a background is averaged only Ext is heard. What fails, as a full disk, is told by the
    state's message, and the session goes on.
    """

    def __init__(self, folder: CaptureFolder, options: CaptureOptions) -> None:
        self._folder = folder
        self._options = options
        self._holds = HoldDetector(options.hold)
        self._set: CaptureSet | None = None
        self._countdown: _Countdown | None = None
        self._average: BackgroundAverage | None = None
        self._is_done = False
        self._message = _BEGIN

    def step(
        self, frame: np.ndarray, mask: np.ndarray, time: float, pressed: Action | None = None
    ) -> CaptureState:
        """Take a frame at a time in seconds, which never goes back; returns what to show.

        `frame` is the camera's, uint8 (height, width, 3), BGR, `mask` its hands, uint8
        (height, width), 0 where there is none; `pressed` is a button that was pressed otherwise.
        """
        seen = mask[:, ::-1] if self._options.is_mirrored else mask
        coverage = {button.action: button.coverage(seen) for button in BUTTONS}
        by_hand = self._holds.update(coverage, time)
        if asked := pressed or by_hand:
            self._press(asked, time)
        try:
            return self._state(time, self._advance(frame, mask, time))
        except HandsegError as error:
            self._average, self._message = None, Message(str(error), is_problem=True)
            return self._state(time, None, failed=True)

    def _press(self, action: Action, time: float) -> None:
        if self._is_done:
            return
        if action is Action.END:
            self._message = _ENDED if self._average is None else _ENDED_EARLY
            self._is_done, self._countdown, self._average = True, None, None
        elif self._average is not None or self._is_counting_to(action):
            return
        elif action is Action.SAVE and self._set is None:
            self._message = _NO_BACKGROUND
        else:
            self._countdown = _Countdown(action, time + self._options.delay(action))

    def _is_counting_to(self, action: Action) -> bool:
        return self._countdown is not None and self._countdown.action is action

    def _advance(self, frame: np.ndarray, mask: np.ndarray, time: float) -> Path | None:
        """Do what is due; returns the file that was written, raises HandsegError."""
        if self._countdown is not None and time >= self._countdown.due:
            action, self._countdown = self._countdown.action, None
            if action is Action.SAVE:
                return self._save(frame)
            # no frame of another view shall join the old background
            self._set = None
            self._average = BackgroundAverage(self._options.background_frames)
        average = self._average
        if average is None:
            return None
        average.add(frame, mask)
        return self._store(average) if average.is_complete else None

    def _store(self, average: BackgroundAverage) -> Path:
        self._average = None
        self._set = self._folder.new_set(average.picture())
        name, wanted = _name_of(self._set.background), average.wanted
        if average.with_hands:
            self._message = Message(
                f"{name} is stored, but a hand was in {average.with_hands} of its {wanted} frames: "
                "press Bkg again",
                is_problem=True,
            )
        else:
            self._message = Message(f"{name} is stored: Sav adds frames to it")
        return self._set.background

    def _save(self, frame: np.ndarray) -> Path | None:
        if self._set is None:
            return None
        file = self._set.add(frame)
        self._message = Message(f"{_name_of(file)} is stored")
        return file

    def _state(self, time: float, stored: Path | None, *, failed: bool = False) -> CaptureState:
        countdown, average = self._countdown, self._average
        action = None if countdown is None else countdown.action
        return CaptureState(
            phase=self._phase,
            action=action if average is None else Action.BACKGROUND,
            seconds_left=0.0 if countdown is None else countdown.due - time,
            averaged=0.0 if average is None else average.share,
            buttons=tuple(
                ButtonState(button, self._holds.progress(button.action), self._hears(button.action))
                for button in BUTTONS
            ),
            message=self._told(),
            stored=stored,
            failed=failed,
            is_mirrored=self._options.is_mirrored,
        )

    @property
    def _phase(self) -> Phase:
        if self._is_done:
            return Phase.DONE
        if self._average is not None:
            return Phase.AVERAGING
        return Phase.IDLE if self._countdown is None else Phase.COUNTDOWN

    def _hears(self, action: Action) -> bool:
        if action is Action.END:
            return not self._is_done
        is_missing = action is Action.SAVE and self._set is None
        return not (self._is_done or is_missing or self._average is not None)

    def _told(self) -> Message:
        """Return the sentence of what is going on, or else the last one."""
        if self._average is not None:
            return _HAND_IN_IT if self._average.with_hands else _STAY_OUT
        if self._countdown is None:
            return self._message
        if self._countdown.action is Action.BACKGROUND:
            return Message("a background follows: leave the picture")
        name = "" if self._set is None else f" for {self._set.path.name}"
        return Message(f"a frame follows{name}")


def _name_of(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"
