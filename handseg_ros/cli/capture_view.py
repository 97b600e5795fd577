"""Where a capture session is shown and pressed: a window, or hands before a camera alone."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol

import cv2
import numpy as np

from handseg_ros.capture.buttons import Action, action_at
from handseg_ros.capture.drawing import draw_capture
from handseg_ros.capture.state import CaptureState
from handseg_ros.cli.window import END_KEYS, LOOK_MS, is_window_closed, open_window
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, draw_overlay

_TITLE = "handseg capture"
_KEYS = {
    ord("b"): Action.BACKGROUND,
    ord("s"): Action.SAVE,
    ord("e"): Action.END,
    **dict.fromkeys(END_KEYS, Action.END),
}
# A larger picture is shown smaller, so that the window fits a screen; width, height.
_LARGEST = (1280, 960)


class CaptureView(Protocol):
    """What shows a session and is pressed; to be used in a `with` block."""

    def __enter__(self) -> CaptureView: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def pressed(self) -> Action | None:
        """Return what was pressed since it was asked last."""
        ...

    def show(
        self, image: np.ndarray, segmentation: Segmentation, state: CaptureState, until: float
    ) -> None:
        """Show a frame, uint8 BGR, with its hands; return at `until`, a time.monotonic(), or later.

        A time that has passed already is none to wait for.
        """
        ...


class HandsAlone:
    """No window: nothing is shown, and hands alone press. It waits for nothing."""

    def __enter__(self) -> HandsAlone:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def pressed(self) -> Action | None:
        """Return None: there is nothing to press."""
        return None

    def show(
        self, image: np.ndarray, segmentation: Segmentation, state: CaptureState, until: float
    ) -> None:
        """Show nothing."""


class CaptureWindow:
    """A window of OpenCV's: a click on a button presses it, and so do b, s and e.

    Escape, q and closing the window are Ext.
    """

    def __init__(self) -> None:
        self._pressed: Action | None = None
        self._size = (1, 1)
        self._is_closed = False

    def __enter__(self) -> CaptureWindow:
        """Open it; raises HandsegError where there can be none."""
        open_window(_TITLE, "handseg capture", "let hands alone press, with --headless")
        cv2.setMouseCallback(_TITLE, self._on_mouse)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        cv2.destroyAllWindows()

    def pressed(self) -> Action | None:
        """Return what was pressed last, by mouse or key."""
        pressed, self._pressed = self._pressed, None
        return pressed

    def show(
        self, image: np.ndarray, segmentation: Segmentation, state: CaptureState, until: float
    ) -> None:
        """Show a frame with outlines of its hands, no larger than `_LARGEST`."""
        if self._is_closed:  # showing would open it again
            return
        picture = draw_overlay(image, segmentation, OverlayMode.CONTOUR)
        shown = draw_capture(_fitted(picture), state)
        self._size = shown.shape[1], shown.shape[0]
        cv2.imshow(_TITLE, shown)
        while True:
            # not for long, as Ctrl-C is not looked at inside
            left = round((until - time.monotonic()) * 1000)
            key = cv2.waitKey(min(max(1, left), LOOK_MS))
            self._pressed = _KEYS.get(key & 0xFF, self._pressed) if key >= 0 else self._pressed
            if is_window_closed(_TITLE):
                self._pressed, self._is_closed = Action.END, True
                return
            if time.monotonic() >= until:
                return

    def _on_mouse(self, event: int, x: int, y: int, flags: int, data: object) -> None:
        if event == cv2.EVENT_LBUTTONDOWN:
            width, height = self._size
            self._pressed = action_at(x / width, y / height) or self._pressed


def _fitted(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = min(1.0, _LARGEST[0] / width, _LARGEST[1] / height)
    if scale == 1.0:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
