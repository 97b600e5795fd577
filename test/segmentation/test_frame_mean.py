"""Guards the mean of frames: exact, less noisy than one of them, and of one size only."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.segmentation.errors import ImageError
from handseg_ros.segmentation.frame_mean import FrameMean


def test_the_mean_is_that_of_numpy_s_doubles() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (50, 12, 16, 3), np.uint8)
    mean = FrameMean()
    for frame in frames:
        mean.add(frame)
    assert mean.count == 50
    exact = frames.mean(axis=0, dtype=np.float64)
    np.testing.assert_array_equal(mean.mean(), np.floor(exact + 0.5).astype(np.uint8))


def test_bright_frames_do_not_run_over() -> None:
    white = np.full((2, 2, 3), 255, np.uint8)
    mean = FrameMean()
    for _ in range(70_000):
        mean.add(white)
    np.testing.assert_array_equal(mean.mean(), white)


def test_noise_averages_out() -> None:
    generator = np.random.default_rng(0)
    mean = FrameMean()
    for _ in range(100):
        noisy = 120 + generator.normal(0, 10, (40, 40, 3))
        mean.add(np.rint(np.clip(noisy, 0, 255)).astype(np.uint8))
    assert np.abs(mean.mean().astype(float) - 120).mean() < 2


def test_a_frame_stays_as_it_is_and_is_not_kept() -> None:
    frame = np.full((4, 4, 3), 9, np.uint8)
    mean = FrameMean()
    mean.add(frame)
    frame[:] = 200
    assert mean.mean().max() == 9


def test_a_camera_that_changes_its_size_is_refused() -> None:
    mean = FrameMean()
    for _ in range(3):
        mean.add(np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(ImageError, match=r"of 32x24 pixels came after 3 of 64x48"):
        mean.add(np.zeros((24, 32, 3), np.uint8))


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no frame"):
        FrameMean().mean()
