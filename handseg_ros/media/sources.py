"""Where frames come from: pictures, folders and globs of pictures, videos, cameras."""

from __future__ import annotations

import glob
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from handseg_ros.image_messages.layout import check_size
from handseg_ros.image_messages.pictures import decode_picture, picture_to_bgr
from handseg_ros.segmentation.errors import MediaError

PICTURE_SUFFIXES = frozenset(
    [".bmp", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"]
)
# grey, 16 bits and the camera's orientation are kept, alpha is not
PICTURE_FLAGS = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH


@dataclass(frozen=True)
class Frame:
    """One image and where it comes from.

    `image` is uint8 (height, width, 3), BGR; `index` counts from 0; `name` is fit for a file's
    stem; `time` is when it was grabbed, in seconds of the system's clock; `position` is its place
    in a video, in seconds, and None elsewhere.
    """

    image: np.ndarray
    index: int
    name: str
    time: float
    position: float | None = None


class FrameSource(Protocol):
    """Frames in order; each iteration starts at the first (of a camera: at the newest).

    `length` is the number of frames if it is known (a video's own claim may be off by a few),
    `rate` the source's nominal frames per second if it has one, and `live` says that the frames
    come at their own pace. Iterating raises HandsegError for what cannot be read.
    """

    @property
    def length(self) -> int | None: ...

    @property
    def rate(self) -> float | None: ...

    @property
    def live(self) -> bool: ...

    def __iter__(self) -> Iterator[Frame]: ...


def open_source(spec: str | int) -> FrameSource:
    """Return the source that `spec` means, checked to be there.

    A number, or a device such as /dev/video0, is a camera; a folder is its pictures in natural
    order; a name with `*`, `?` or `[` is a glob of pictures; a file is a picture or a video by its
    suffix. Raises MediaError, and ImageError for a video whose frames are too large.
    """
    text = str(spec)
    path = Path(text).expanduser()
    if text.isdecimal():
        return Camera(int(text))
    if text.startswith("/dev/video") or path.is_char_device():
        return Camera(text)
    if text and path.is_dir():
        return _folder(path)
    if path.is_file():
        return Pictures([path]) if path.suffix.lower() in PICTURE_SUFFIXES else Video(path)
    if glob.has_magic(text):
        return _glob(path)
    raise MediaError(
        f"the source '{text}' does not exist: give a picture, a video, a folder, a glob, "
        "or a camera's number"
    )


class Pictures:
    """Picture files, in the order given. Orientation tags are applied."""

    live = False
    rate = None

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)

    @property
    def length(self) -> int:
        """Return the number of files."""
        return len(self._paths)

    def __iter__(self) -> Iterator[Frame]:
        """Read one file after the other; after an error, `next()` goes on with the next file.

        `next()` raises ImageError or MediaError for a file that is bad.
        """
        return map(_picture_frame, range(len(self._paths)), self._paths)


class Video:
    """A video file, or an animated GIF, as OpenCV reads it."""

    live = False

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        with self._opened() as capture:
            claimed = capture.get(cv2.CAP_PROP_FRAME_COUNT)
            rate = capture.get(cv2.CAP_PROP_FPS)
        self.length = int(claimed) if claimed > 0 else None
        self.rate = rate if 0 < rate < float("inf") else None

    def __iter__(self) -> Iterator[Frame]:
        """Decode one frame after the other; raises MediaError if not even one can be decoded."""
        index = 0
        position = 0.0
        with self._opened() as capture:
            while capture.grab():
                now = time.time()
                decoded, image = capture.retrieve()
                if not decoded:
                    break
                position = max(position, capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3)
                yield Frame(image, index, f"{self._path.stem}_{index:06d}", now, position)
                index += 1
        if not index:
            raise MediaError(
                f"the video '{self._path}' has no frame that can be decoded: "
                "convert it to MP4 (H.264) or AVI (MJPEG)"
            )

    @contextmanager
    def _opened(self) -> Iterator[cv2.VideoCapture]:
        capture = cv2.VideoCapture(str(self._path))
        try:
            if not capture.isOpened():
                raise MediaError(
                    f"the video '{self._path}' cannot be opened, it is damaged or no video: "
                    "convert it to MP4 (H.264) or AVI (MJPEG)"
                )
            sides = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
            check_size(f"the video '{self._path}'", *(int(capture.get(side)) for side in sides))
            yield capture
        finally:
            capture.release()


class Camera:
    """A camera by its number or device; opened by each iteration, closed when that ends."""

    live = True
    length = None
    rate = None

    def __init__(self, device: int | str) -> None:
        self._device = device

    def __iter__(self) -> Iterator[Frame]:
        """Grab frames for ever; raises MediaError when the camera cannot be opened, or stops."""
        label = f"camera_{Path(str(self._device)).stem}"
        index = 0
        with self._opened() as capture:
            while capture.grab():
                now = time.time()
                decoded, image = capture.retrieve()
                if not decoded:
                    break
                yield Frame(image, index, f"{label}_{index:06d}", now)
                index += 1
        raise MediaError(
            f"the camera '{self._device}' stopped after {index} frames: check its plug and cable"
        )

    @contextmanager
    def _opened(self) -> Iterator[cv2.VideoCapture]:
        capture = cv2.VideoCapture(self._device)
        try:
            if not capture.isOpened():
                raise MediaError(
                    f"the camera '{self._device}' cannot be opened: check that it is plugged in, "
                    "that no other program uses it, and that you may read /dev/video*"
                )
            # an old frame in the driver's queue would be stamped as if it were new
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            yield capture
        finally:
            capture.release()


def read_picture(path: Path) -> np.ndarray:
    """Read a picture file as uint8 (height, width, 3), BGR, upright.

    Grey is repeated, alpha dropped, 16 bits scaled so that 65535 becomes 255. Raises MediaError if
    the file cannot be read, and ImageError if it is truncated, too large or
    no picture.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(
            f"the picture '{path}' cannot be read, {error.strerror}: check its name and permissions"
        ) from error
    return picture_to_bgr(decode_picture(data, f"the picture '{path}'", PICTURE_FLAGS))


def _picture_frame(index: int, path: Path) -> Frame:
    now = time.time()
    return Frame(read_picture(path), index, path.stem, now)


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """Sort key that puts frame_2 before frame_10."""
    parts = re.split(r"(\d+)", str(path))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _folder(folder: Path) -> Pictures:
    pictures = [path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES]
    if not pictures:
        raise MediaError(
            f"the folder '{folder}' has no pictures in it: it needs files ending in "
            f"{', '.join(sorted(PICTURE_SUFFIXES))}"
        )
    return Pictures(sorted(pictures, key=natural_order))


def _glob(pattern: Path) -> Pictures:
    found = map(Path, glob.glob(str(pattern), recursive=True))
    pictures = [path for path in found if path.suffix.lower() in PICTURE_SUFFIXES]
    if not pictures:
        raise MediaError(
            f"the glob '{pattern}' matches no pictures: it must match files ending in "
            f"{', '.join(sorted(PICTURE_SUFFIXES))}"
        )
    return Pictures(sorted(pictures, key=natural_order))
