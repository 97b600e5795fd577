"""Videos and cameras, as OpenCV reads them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from handseg_ros.image_messages.layout import check_size
from handseg_ros.media.camera_options import CameraOptions
from handseg_ros.media.frames import Frame
from handseg_ros.media.opencv_names import opencv_name
from handseg_ros.segmentation.errors import MediaError

# So many frames in a row that cannot be decoded are taken for a video's end.
_MAX_DAMAGED = 300
# By how many frames at its end a video may claim more than it has: containers count in time.
_CLAIM_SLACK, _CLAIM_SHARE = 2, 0.05
# Above so many frames a second a rate may be a container's unit of time, and is measured.
_USUAL_RATE = 120.0
_MEASURED = 30
# What is measured is taken in place of a rate that is so many times as high.
_TOO_HIGH = 1.5
# Back ends of OpenCV that read something else than a video file under a file's name.
_NO_FILES = (cv2.CAP_IMAGES, cv2.CAP_V4L2)
# V4L2_EXPOSURE_MANUAL of linux/v4l2-controls.h, which OpenCV's V4L2 back end hands on as it is.
_MANUAL_EXPOSURE = 1
DEFAULT_OPTIONS = CameraOptions()
_CONVERT = "convert it to MP4 (H.264) or AVI (MJPEG)"


class VideoSource:
    """A video file, or an animated GIF, as OpenCV reads it.

    Of one whose frames do not come evenly `length` and `rate` are estimates; when each comes is
    its `position`.
    """

    live = False
    left_out: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.lost, self.missing = "", 0
        with self._opened() as capture:
            claimed = capture.get(cv2.CAP_PROP_FRAME_COUNT)
            rate = capture.get(cv2.CAP_PROP_FPS)
            self._duration = claimed / rate if rate > 0 else 0.0
            if rate > _USUAL_RATE and (measured := _measured_rate(capture)) * _TOO_HIGH < rate:
                claimed, rate = round(measured * self._duration), measured
        self.length = int(claimed) if claimed > 0 else None
        self.rate = rate if 0 < rate < float("inf") else None

    def __iter__(self) -> Iterator[Frame]:
        """Decode one frame after the other; raises MediaError if not even one can be decoded.

        A damaged frame is left out, and the next one is tried; `lost` tells of it afterwards.
        """
        index = decoded = damaged = 0
        position = 0.0
        with self._opened() as capture:
            for index in itertools.count():
                now = time.time()
                image = capture.retrieve()[1] if capture.grab() else None
                if image is not None:
                    # what could not be decoded before a frame that can be was no end
                    damaged = index - decoded
                    decoded += 1
                    position = max(position, capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3)
                    yield Frame(image, index, f"{self.path.stem}_{index:06d}", now, position)
                elif index - decoded - damaged > _MAX_DAMAGED or index >= (self.length or 0):
                    break
        if not decoded:
            raise MediaError(
                f"the video '{self.path}' has no frame that can be decoded: {_CONVERT}"
            )
        self._tell(decoded, damaged, position)

    def _tell(self, decoded: int, damaged: int, position: float) -> None:
        """Keep how many frames are missing, and a sentence about them; `position` is the last's."""
        missing = (self.length or 0) - decoded
        self.lost, self.missing = "", 0
        if damaged:
            self.missing = damaged
            self.lost = (
                f"the video '{self.path}' is damaged, {damaged} of its frames cannot be decoded: "
                "copy it again"
            )
        elif missing > max(_CLAIM_SLACK, _CLAIM_SHARE * decoded) and not self._lasts(
            decoded, position
        ):
            self.missing = missing
            self.lost = (
                f"the video '{self.path}' ends after {decoded} of the {self.length} frames that it "
                "claims to have: copy it again if it was truncated"
            )

    def _lasts(self, decoded: int, position: float) -> bool:
        """Return whether the frames last as long as the video claims, however many they are."""
        frame = position / max(1, decoded - 1)
        slack = max(_CLAIM_SLACK * frame, _CLAIM_SHARE * position)
        return position > 0 and self._duration - position - frame <= slack

    @contextmanager
    def _opened(self) -> Iterator[cv2.VideoCapture]:
        capture = open_capture(self.path)
        try:
            if not capture.isOpened():
                raise MediaError(
                    f"the video '{self.path}' cannot be opened, {_why_not(self.path)}: {_CONVERT}"
                )
            sides = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
            check_size(f"the video '{self.path}'", *(int(capture.get(side)) for side in sides))
            yield capture
        finally:
            capture.release()


class CameraSource:
    """A camera by its number or device; opened by each iteration, closed when that ends."""

    live = True
    length = None
    rate = None
    left_out: tuple[str, ...] = ()
    lost = ""
    missing = 0

    def __init__(self, device: int | str, options: CameraOptions = DEFAULT_OPTIONS) -> None:
        self._device = device
        self._options = options
        self.remarks: list[str] = []

    def check(self) -> None:
        """Raise MediaError for a device file that is not there, without opening the camera."""
        text = str(self._device)
        if text.startswith("/") and not Path(text).exists():
            raise MediaError(
                f"the camera '{text}' does not exist: check that it is plugged in, and which "
                "/dev/video* there are"
            )

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
            self._configure(capture)
            yield capture
        finally:
            capture.release()

    def _configure(self, capture: cv2.VideoCapture) -> None:
        """Ask for what is wanted, the format first, as it decides on the sizes that there are."""
        wanted = self._options
        asked: dict[str, tuple[int, float]] = {}
        if wanted.code:
            code = cv2.VideoWriter.fourcc(*wanted.code)
            asked[f"format {wanted.code.strip()}"] = (cv2.CAP_PROP_FOURCC, code)
        if wanted.width or wanted.height:
            # V4L2's back end changes the size once both sides were given
            width = wanted.width or capture.get(cv2.CAP_PROP_FRAME_WIDTH)
            height = wanted.height or capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
            asked[f"width {width:g}"] = (cv2.CAP_PROP_FRAME_WIDTH, width)
            asked[f"height {height:g}"] = (cv2.CAP_PROP_FRAME_HEIGHT, height)
        if wanted.exposure:
            capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL_EXPOSURE)
            asked[f"exposure {wanted.exposure:g}"] = (cv2.CAP_PROP_EXPOSURE, wanted.exposure)
        for setting, value in asked.values():
            capture.set(setting, value)
        refused = [
            name for name, (setting, value) in asked.items() if capture.get(setting) != value
        ]
        if refused:
            self._remark(
                f"the camera '{self._device}' does not take {', '.join(refused)} and goes on with "
                "its own: ask it what it has with v4l2-ctl --list-formats-ext"
            )

    def _remark(self, sentence: str) -> None:
        """Tell something of the camera once, however often it is opened."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)


def open_capture(path: Path) -> cv2.VideoCapture:
    """Open a video file, whatever its name holds; ask the answer whether it is open.

    One with a number may be a whole sequence of pictures to OpenCV: that back end is not asked.
    """
    capture = cv2.VideoCapture()
    with opencv_name(path) as name:
        for back_end in cv2.videoio_registry.getStreamBackends():
            if back_end not in _NO_FILES and capture.open(name, back_end):
                break
    return capture


def _measured_rate(capture: cv2.VideoCapture) -> float:
    """Return the rate of the next frames by when they are shown; infinite where nothing tells."""
    positions = [
        capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3 for _ in range(_MEASURED) if capture.grab()
    ]
    seconds = positions[-1] - positions[0] if positions else 0.0
    return (len(positions) - 1) / seconds if seconds > 0 else float("inf")


def _why_not(path: Path) -> str:
    """Return why a video cannot be opened, as far as the file system knows."""
    try:
        with path.open("rb") as file:
            return "it is damaged or no video" if file.read(1) else "it is empty"
    except OSError as error:
        return str(error.strerror)
