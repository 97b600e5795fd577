"""A window that shows what was found, where OpenCV can open one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import re
from types import TracebackType

import cv2

from handseg_ros.cli.run_inputs import NamedFrame, UnreadableInput
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay

_TITLE = "handseg"
LOOK_MS = 50
END_KEYS = (ord("q"), 27)  # 27: Escape


class WindowClosed(Exception):  # noqa: N818  # a wish, no error
    """Whoever looks has seen enough."""


class Window:
    """Shows the overlay of each frame; `stays` shows each until a key is pressed.

    To be used in a `with` block. `write` raises WindowClosed for q, Escape and a closed window.
    """

    def __init__(self, mode: OverlayMode, palette: Palette, stays: bool) -> None:
        """Raise HandsegError where no window can be opened."""
        self._mode, self._palette, self._stays = mode, palette, stays
        open_window(_TITLE, "--show", "write a file with -s")

    def __enter__(self) -> Window:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        cv2.destroyAllWindows()

    def write(self, named: NamedFrame, segmentation: Segmentation) -> None:
        """Show a frame."""
        cv2.imshow(_TITLE, draw_overlay(named.frame.image, segmentation, self._mode, self._palette))
        key = cv2.waitKey(1)
        while True:
            if is_window_closed(_TITLE) or (key >= 0 and key & 0xFF in END_KEYS):
                raise WindowClosed
            if key >= 0 or not self._stays:
                return
            # not for ever, as Ctrl-C is not looked at inside
            key = cv2.waitKey(LOOK_MS)

    def skip(self, unreadable: UnreadableInput) -> None:
        """There is nothing to show."""


def open_window(title: str, what: str, otherwise: str) -> None:
    """Open a window that is as large as its picture.

    Raises HandsegError where there can be none; `what` needs it, `otherwise` is how to do without.
    """
    _check_windows(what, otherwise)
    try:
        # without the toolbar that Qt adds
        cv2.namedWindow(title, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
    except cv2.error as error:
        raise HandsegError(
            f"{what} needs a window, and none can be opened ({error.err}): {otherwise}"
        ) from error


def is_window_closed(title: str) -> bool:
    """Return whether a window that was opened has been closed."""
    try:
        return cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) < 1
    except cv2.error:  # Qt's answer once the last window is closed
        return True


def _check_windows(what: str, otherwise: str) -> None:
    """Raise HandsegError where OpenCV has no windows, or there is no screen: it would abort."""
    if re.search(r"^\s*GUI:\s*NONE", cv2.getBuildInformation(), re.M):
        raise HandsegError(
            f"{what} needs windows, which this OpenCV was built without: pip uninstall "
            f"opencv-python-headless, pip install 'opencv-python<5', or {otherwise}"
        )
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise HandsegError(
            f"{what} needs a screen, and neither DISPLAY nor WAYLAND_DISPLAY names one: log in to "
            f"a desktop, or {otherwise}"
        )
