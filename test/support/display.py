"""A screen for windows under test: Xvfb, and a mouse and keys on it by xdotool."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

PATIENCE = 60
_CLIENT_MESSAGE = 33


def why_no_windows() -> str:
    """Return what windows under test lack on this machine, or ''."""
    if re.search(r"^\s*GUI:\s*NONE", cv2.getBuildInformation(), re.M):
        return "this OpenCV was built without windows (opencv-python has them)"
    missing = [name for name in ("Xvfb", "xdotool") if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else ""


class _ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent, with the room of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("room", ctypes.c_long * 24),
    )


class Screen:
    """A screen; `environment` is what programs need to find it."""

    def __init__(self, name: str) -> None:
        self.environment = {"DISPLAY": name, "QT_QPA_PLATFORM": "xcb"}

    def window(self, title: str) -> str:
        """Return the id of a window that is there, or comes."""
        return self._xdotool("search", "--sync", "--name", title).split()[0]

    def click(self, window: str, x: int, y: int) -> None:
        """Click at a place of a window, in pixels."""
        self._xdotool("mousemove", "--window", window, str(x), str(y), "click", "1")

    def press(self, window: str, key: str) -> None:
        """Press a key in a window."""
        self._xdotool("windowfocus", "--sync", window, "key", key)

    def close(self, window: str) -> None:
        """Ask a window to close, as a window manager does when its cross is clicked."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self.environment["DISPLAY"].encode()))
        names = (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")
        protocols, delete = (x11.XInternAtom(display, name, 0) for name in names)
        event = _ClientMessage(
            type=_CLIENT_MESSAGE, window=int(window), message_type=protocols, format=32
        )
        event.data[0] = delete
        x11.XSendEvent(display, ctypes.c_ulong(int(window)), 0, 0, ctypes.byref(event))
        x11.XCloseDisplay(display)

    def _xdotool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, **self.environment},
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
