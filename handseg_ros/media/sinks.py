"""Where results go: picture files and video files."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from handseg_ros.media.atomic_files import AtomicFile, not_written, write_bytes
from handseg_ros.media.opencv_names import opencv_name
from handseg_ros.media.videos import open_capture
from handseg_ros.segmentation.errors import MediaError


@dataclass(frozen=True)
class Codec:
    """How a video file is written: OpenCV's back end, a four-character code, what it can hold."""

    back_end: int
    code: str
    odd_sizes: bool


# FFmpeg's writer in OpenCV silently cuts the last column or row of an odd size off
CODECS = {
    ".avi": Codec(cv2.CAP_OPENCV_MJPEG, "MJPG", odd_sizes=True),
    ".mkv": Codec(cv2.CAP_FFMPEG, "FFV1", odd_sizes=False),
    ".mp4": Codec(cv2.CAP_FFMPEG, "mp4v", odd_sizes=False),
}
MJPEG_QUALITY = 95
# More than any container's header.
_PROBE = 4096


def write_picture(path: str | Path, pixels: np.ndarray) -> None:
    """Write uint8 (height, width) or BGR (height, width, 3) to a file; the suffix says how.

    Folders that are missing are made. Raises MediaError if the suffix is not known or the file
    cannot be written.
    """
    path = Path(path)
    write_bytes(path, _encoded(path, pixels))


def _encoded(path: Path, pixels: np.ndarray) -> bytes:
    try:
        is_encoded, data = cv2.imencode(path.suffix, pixels)
    except cv2.error:
        is_encoded = False
    if not is_encoded:
        raise MediaError(
            f"the picture '{path}' cannot be written as '{path.suffix}': use .png or .jpg"
        )
    return data.tobytes()


class VideoSink:
    """A video file, opened by its first frame, whose size all others must have.

    The suffix says how it is coded: .mkv without loss (FFV1, exact masks), .mp4 (MPEG-4) and .avi
    (MJPEG) with loss. Use it in a `with` block, or call `close()`: the file gets its name then,
    once its frames were counted in it, and none where the block ends by an error. Folders that are
    missing are made.
    """

    def __init__(self, path: str | Path, rate: float) -> None:
        """Check suffix and rate (frames per second) and raise MediaError if they are no good."""
        self._path = Path(path)
        self._rate = rate
        self._size: tuple[int, int] | None = None
        self._count = 0
        self._file: AtomicFile | None = None
        self._writer = cv2.VideoWriter()
        if self._path.suffix.lower() not in CODECS:
            raise MediaError(
                f"the video '{self._path}' cannot be written as '{self._path.suffix}': "
                f"use {', '.join(CODECS)}"
            )
        if not 0 < rate < float("inf"):
            raise MediaError(f"the video '{self._path}' cannot have {rate} frames a second")

    def __enter__(self) -> VideoSink:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self._discard()

    def write(self, pixels: np.ndarray) -> None:
        """Append a frame, uint8 (height, width) or BGR (height, width, 3).

        Raises MediaError if the file cannot be opened, or the size is not the first frame's.
        """
        size = (pixels.shape[1], pixels.shape[0])
        if self._size is None:
            self._open(size)
        if size != self._size:
            raise MediaError(
                f"the video '{self._path}' has frames of {self._size}, but one of {size} came: "
                "write pictures of several sizes to a folder"
            )
        bgr = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR) if pixels.ndim == 2 else pixels
        self._writer.write(bgr)
        self._count += 1

    def close(self) -> None:
        """Complete the file; raises MediaError where it does not hold every frame."""
        file, self._file = self._file, None
        if file is None:
            return
        self._writer.release()
        try:
            # OpenCV tells nobody of a full disk
            _check_frames(file.partial, self._path, self._count, self._size)
        except MediaError:
            file.discard()
            raise
        file.commit()

    def _discard(self) -> None:
        if self._file is not None:
            self._writer.release()
            self._file.discard()
            self._file = None

    def _open(self, size: tuple[int, int]) -> None:
        codec = CODECS[self._path.suffix.lower()]
        if not codec.odd_sizes and (size[0] % 2 or size[1] % 2):
            raise MediaError(
                f"the video '{self._path}' cannot have frames of {size[0]}x{size[1]}, as "
                f"{self._path.suffix} takes even sizes only: write .avi or a folder of pictures"
            )
        file = AtomicFile(self._path)
        try:
            file.partial.write_bytes(bytes(_PROBE))  # OpenCV would not tell the system's reason
        except OSError as error:
            file.discard()
            raise not_written(self._path, error) from error
        code = cv2.VideoWriter.fourcc(*codec.code)
        with opencv_name(file.partial) as name:
            self._writer.open(name, codec.back_end, code, self._rate, size)
        if not self._writer.isOpened():
            file.discard()
            raise MediaError(
                f"the video '{self._path}' cannot be written, as this OpenCV has no "
                f"{codec.code} encoder for {self._rate:g} frames a second: use another of "
                f"{', '.join(CODECS)}"
            )
        self._writer.set(cv2.VIDEOWRITER_PROP_QUALITY, MJPEG_QUALITY)
        self._file, self._size = file, size


def _check_frames(file: Path, path: Path, count: int, size: tuple[int, int] | None) -> None:
    """Raise MediaError where a video file that was written is not whole; `path` is its name."""
    capture = open_capture(file)
    try:
        claimed = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        found = tuple(
            capture.get(side) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        # packets are counted without being decoded
        capture.set(cv2.CAP_PROP_FORMAT, -1)
        packets = 0
        while packets <= count and capture.grab():
            packets += 1
    finally:
        capture.release()
    if packets != count or claimed != count or found != size:
        raise MediaError(
            f"the video '{path}' cannot be written, as not all of its {count} frames are in the "
            "file, for the disk is full or files may not be so large: choose a folder with space"
        )
