"""Files as a bad disk or a cut transfer leaves them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np

from handseg_ros.media.sinks import VideoSink


def noisy_video(path: Path, frames: int, view: np.ndarray | None = None) -> Path:
    """Write a video whose frames take space: noise, or a picture (H, W, 3) with some on it."""
    noise = np.random.default_rng(0)
    shape = (48, 64, 3) if view is None else view.shape
    with VideoSink(path, 30.0) as sink:
        for _ in range(frames):
            if view is None:
                sink.write(noise.integers(0, 256, shape, np.uint8))
            else:
                sink.write(view // 2 + noise.integers(0, 64, shape, np.uint8) + view // 4)
    return path


def damage(path: Path) -> None:
    """Set a fifth of a file, in its middle, to zero."""
    data = bytearray(path.read_bytes())
    middle, length = len(data) // 2, len(data) // 5
    data[middle : middle + length] = bytes(length)
    path.write_bytes(data)
