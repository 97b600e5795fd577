"""A made clip in which a rendered hand is held over buttons of a capture, and taken away again."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from support.assets import rendered_hands

from handseg_ros.capture.buttons import BUTTONS, Action
from handseg_ros.media.sinks import VideoSink
from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.segmenter import Segmenter

RATE = 5.0
WIDTH, HEIGHT = 320, 240


def wall() -> np.ndarray:
    """Return a picture of nothing but a wall: uint8 (240, 320, 3), BGR."""
    across = np.linspace(150, 110, WIDTH)[None, :, None]
    down = np.linspace(0, 25, HEIGHT)[:, None, None]
    return np.clip(across - down + np.array([10, 0, -5]), 0, 255).astype(np.uint8)


def hand_over(action: Action) -> np.ndarray:
    """Return the wall with a hand in the middle of a button."""
    (button,) = (each for each in BUTTONS if each.action is action)
    box = button.box(HEIGHT, WIDTH)
    return _with_hand(box.x + box.width // 2, box.y + box.height // 2)


def passing(seconds: float) -> Iterator[np.ndarray]:
    """Yield frames in which a hand goes over all buttons from left to right."""
    box = BUTTONS[0].box(HEIGHT, WIDTH)
    for x in np.linspace(0, WIDTH, round(seconds * RATE)):
        yield _with_hand(round(x), box.y + box.height // 2)


def write_clip(path: Path, parts: Sequence[tuple[Action | None, float]]) -> Path:
    """Write a clip, told by over which button the hand is, and for how many seconds."""
    frames: list[np.ndarray] = []
    for action, seconds in parts:
        frame = wall() if action is None else hand_over(action)
        frames += [frame] * round(seconds * RATE)
    return write_frames(path, frames)


def write_frames(path: Path, frames: Iterable[np.ndarray]) -> Path:
    """Write a clip of frames, `RATE` a second; returns its path."""
    with VideoSink(path, RATE) as sink:
        for frame in frames:
            sink.write(frame)
    return path


def _with_hand(x: int, y: int) -> np.ndarray:
    """Return the wall with the hand's centre at a place, as far as it is in the picture."""
    pixels, opacity = _hand()
    height, width = opacity.shape
    picture = wall()
    whole = Box(x - width // 2, y - height // 2, width, height)
    seen = whole.intersection(Box(0, 0, WIDTH, HEIGHT))
    cut, share = seen.within(whole).slices, opacity[seen.within(whole).slices][..., None]
    region = picture[seen.slices]
    region[:] = np.rint(region * (1.0 - share) + pixels[cut] * share).astype(np.uint8)
    return picture


@cache
def _hand() -> tuple[np.ndarray, np.ndarray]:
    """Return a rendered hand, BGR, and how opaque each pixel is, 0 to 1, at half its size."""
    picture = rendered_hands()
    hand = max(Segmenter.load().segment(picture).hands, key=lambda hand: hand.area)
    margin = 6
    box = hand.box.expanded(margin)
    mask = cv2.copyMakeBorder(hand.mask, *(margin,) * 4, cv2.BORDER_CONSTANT, value=0)
    size = box.width // 2, box.height // 2
    pixels = cv2.resize(picture[box.slices], size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    return pixels, cv2.GaussianBlur(soft, (3, 3), 0).astype(np.float32) / 255.0
