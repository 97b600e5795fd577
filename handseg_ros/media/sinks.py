"""Where results go: picture files and video files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

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


def write_picture(path: str | Path, pixels: np.ndarray) -> None:
    """Write uint8 (height, width) or BGR (height, width, 3) to a file; the suffix says how.

    Folders that are missing are made. Raises MediaError if the suffix is not known or the file
    cannot be written.
    """
    path = Path(path)
    try:
        encoded = cv2.imencode(path.suffix, pixels)[1]
    except cv2.error as error:
        raise MediaError(
            f"the picture '{path}' cannot be written as '{path.suffix}': use .png or .jpg"
        ) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise not_written(path, error) from error


class VideoSink:
    """A video file, opened by its first frame, whose size all others must have.

    The suffix says how it is coded: .mkv without loss (FFV1, exact masks), .mp4 (MPEG-4) and .avi
    (MJPEG) with loss. Use it in a `with` block, or call `close()`: before that the file is not
    complete. Folders that are missing are made.
    """

    def __init__(self, path: str | Path, rate: float) -> None:
        """Check suffix and rate (frames per second) and raise MediaError if they are no good."""
        self._path = Path(path)
        self._rate = rate
        self._size: tuple[int, int] | None = None
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
        self.close()

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

    def close(self) -> None:
        """Complete the file."""
        self._writer.release()

    def _open(self, size: tuple[int, int]) -> None:
        codec = CODECS[self._path.suffix.lower()]
        if not codec.odd_sizes and (size[0] % 2 or size[1] % 2):
            raise MediaError(
                f"the video '{self._path}' cannot have frames of {size[0]}x{size[1]}, as "
                f"{self._path.suffix} takes even sizes only: write .avi or a folder of pictures"
            )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.open("wb").close()
        except OSError as error:
            raise not_written(self._path, error) from error
        code = cv2.VideoWriter.fourcc(*codec.code)
        self._writer.open(str(self._path), codec.back_end, code, self._rate, size)
        if not self._writer.isOpened():
            raise MediaError(
                f"the video '{self._path}' cannot be written, as this OpenCV has no "
                f"{codec.code} encoder: use another of {', '.join(CODECS)}"
            )
        self._writer.set(cv2.VIDEOWRITER_PROP_QUALITY, MJPEG_QUALITY)
        self._size = size


def not_written(path: Path, error: OSError) -> MediaError:
    """Return the error to raise for a file that the system does not let be written."""
    return MediaError(
        f"'{path}' cannot be written, {error.strerror}: choose a folder you may write to, "
        "with space for it"
    )
