"""Frames, and what every source of them has in common."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Frame:
    """One image and where it comes from.

    `image` is uint8 (height, width, 3), BGR; `index` counts from 0, frames of a video that cannot
    be decoded too; `name` is fit for a file's stem; `time` is when it was grabbed, in seconds of
    the system's clock; `position` is its place in a video or a recording, in seconds, and None
    elsewhere.
    """

    image: np.ndarray
    index: int
    name: str
    time: float
    position: float | None = None


def time_in_source(frame: Frame, rate: float) -> float:
    """Return a frame's place in its source in seconds: by its number where it has no position."""
    return frame.index / rate if frame.position is None else frame.position


class FrameSource(Protocol):
    """Frames in order; each iteration starts at the first (of a camera: at the newest).

    `length` is the number of frames if it is known (a video's own claim may be off by a few),
    `rate` the source's nominal frames per second if it has one, and `live` says that the frames
    come at their own pace. `left_out` has a sentence for each file that was not taken though it may
    have been meant. Iterating raises HandsegError for what cannot be read; `lost` is, after an
    iteration, a sentence about frames that were missing in it, empty where there were none, and
    `missing` is how many. `remarks` grows while frames are read: one sentence for what was done to
    their pixels that a person should know.
    """

    @property
    def length(self) -> int | None: ...

    @property
    def rate(self) -> float | None: ...

    @property
    def live(self) -> bool: ...

    @property
    def left_out(self) -> tuple[str, ...]: ...

    @property
    def lost(self) -> str: ...

    @property
    def missing(self) -> int: ...

    @property
    def remarks(self) -> Sequence[str]: ...

    def __iter__(self) -> Iterator[Frame]: ...
