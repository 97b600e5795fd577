"""Guards a capture of the background: which images count, when it is complete or hopeless."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.nodes.background.capture import BackgroundCapture
from handseg_ros.segmentation.errors import ImageError

BEGIN, END = 100.0, 105.0


def _frame(value: int) -> np.ndarray:
    return np.full((4, 6, 3), value, np.uint8)


def test_images_of_the_delay_do_not_count() -> None:
    capture = BackgroundCapture(BEGIN, END)
    assert not capture.take(_frame(200), BEGIN - 0.1)
    assert not capture.take(_frame(10), BEGIN)
    assert capture.take(_frame(20), END)
    assert capture.count == 2
    np.testing.assert_array_equal(capture.picture(), _frame(15))


def test_without_a_time_to_average_it_is_one_image() -> None:
    capture = BackgroundCapture(BEGIN, BEGIN)
    assert capture.take(_frame(33), BEGIN + 0.01)
    assert capture.count == 1
    np.testing.assert_array_equal(capture.picture(), _frame(33))


def test_a_slow_camera_s_first_image_completes_it() -> None:
    capture = BackgroundCapture(BEGIN, END)
    assert capture.take(_frame(7), END + 3.0)
    np.testing.assert_array_equal(capture.picture(), _frame(7))


def test_the_rest_of_the_time_is_told() -> None:
    capture = BackgroundCapture(BEGIN, END)
    assert capture.seconds_left(BEGIN - 3.0) == pytest.approx(8.0)
    assert capture.seconds_left(END + 1.0) == 0.0


def test_it_is_given_up_some_time_after_its_end() -> None:
    capture = BackgroundCapture(BEGIN, END)
    assert not capture.is_overdue(END + 1.0)
    assert capture.is_overdue(END + 60.0)


def test_another_size_is_an_error() -> None:
    capture = BackgroundCapture(BEGIN, END)
    capture.take(_frame(1), BEGIN)
    with pytest.raises(ImageError, match="after 1 of 6x4"):
        capture.take(np.zeros((8, 6, 3), np.uint8), BEGIN + 1.0)
