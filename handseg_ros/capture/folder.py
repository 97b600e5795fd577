"""The folder that is captured into: `set{n}/` with a background and numbered frames.

Nothing that lies there is overwritten, and each file is written whole or not at all.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import numpy as np

from handseg_ros.datasets.background_sets import BACKGROUND, FRAME, SET
from handseg_ros.media.atomic_files import not_written
from handseg_ros.media.sinks import write_picture
from handseg_ros.segmentation.errors import MediaError


class CaptureSet:
    """One `set{n}/`: a background, and the frames that are stored beside it."""

    def __init__(self, path: Path, background: np.ndarray) -> None:
        """Store the background, uint8 (height, width, 3), BGR; raises MediaError."""
        self.path = path
        self.size = background.shape[:2]
        self.background = path / f"{BACKGROUND}.png"
        write_picture(self.background, background)

    def add(self, frame: np.ndarray) -> Path:
        """Store a frame, uint8 BGR of the background's size, under the next number.

        Numbers whose frame or mask is there, of any kind of picture, are taken. Raises MediaError.
        """
        if frame.shape[:2] != self.size:
            (height, width), (old_height, old_width) = frame.shape[:2], self.size
            raise MediaError(
                f"the frame of {width}x{height} pixels does not go with {self._name} of "
                f"{old_width}x{old_height}: store another background first"
            )
        taken = (FRAME.fullmatch(name.partition(".")[0]) for name in _names(self.path))
        number = 1 + max((int(match[1]) for match in taken if match), default=-1)
        file = self.path / f"{number}.png"
        write_picture(file, frame)
        return file

    @property
    def _name(self) -> str:
        return f"{self.path.name}/{self.background.name}"


class CaptureFolder:
    """The folder of all sets."""

    def __init__(self, path: Path) -> None:
        """Make the folder where it is missing; raises MediaError where it cannot be written to."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            if not os.access(path, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied")
        except OSError as error:
            raise not_written(path, error) from error

    def new_set(self, background: np.ndarray) -> CaptureSet:
        """Begin the next set with a background, uint8 BGR; raises MediaError, and leaves none."""
        folder = self._new_folder()
        try:
            return CaptureSet(folder, background)
        except MediaError:
            with suppress(OSError):
                folder.rmdir()
            raise

    def _new_folder(self) -> Path:
        """Make the folder after the last one; of two programs that try each gets its own."""
        try:
            taken = (SET.fullmatch(name) for name in _names(self.path))
            number = 1 + max((int(match[1]) for match in taken if match), default=-1)
            while True:
                folder = self.path / f"set{number}"
                try:
                    folder.mkdir()
                except FileExistsError:
                    number += 1
                else:
                    return folder
        except OSError as error:
            raise not_written(self.path, error) from error


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        raise not_written(folder, error) from error
