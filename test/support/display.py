"""A screen for windows under test: Xvfb, and a mouse and keys on it by xdotool."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

PATIENCE = 60


def why_no_windows() -> str:
    """Return what windows under test lack on this machine, or ''."""
    if re.search(r"^\s*GUI:\s*NONE", cv2.getBuildInformation(), re.M):
        return "this OpenCV was built without windows (opencv-python has them)"
    missing = [name for name in ("Xvfb", "xdotool") if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else ""


class Screen:
    """A screen; `name` is what DISPLAY says of it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def window(self, title: str) -> str:
        """Return the id of a window that is there, or comes."""
        return self._xdotool("search", "--sync", "--name", title).split()[0]

    def click(self, window: str, x: int, y: int) -> None:
        """Click at a place of a window, in pixels."""
        self._xdotool("mousemove", "--window", window, str(x), str(y), "click", "1")

    def press(self, window: str, key: str) -> None:
        """Press a key in a window."""
        self._xdotool("windowfocus", "--sync", window, "key", key)

    def _xdotool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, "DISPLAY": self.name},
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return done.stdout


@contextmanager
def a_screen() -> Iterator[Screen]:
    """Start a screen of 1024x768 pixels, with the next number that is free, and end it."""
    reading, writing = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1024x768x24",
        "-nolisten",
        "tcp",
    ]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield Screen(f":{number}")
    finally:
        server.terminate()
        server.wait(PATIENCE)
