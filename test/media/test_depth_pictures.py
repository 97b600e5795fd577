"""Guards that depth beside pictures is read to the millimetre, and what is no depth is told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.media import DepthPictures
from handseg_ros.segmentation.errors import ImageError, MediaError

DEPTH = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32) * 80


def test_every_millimetre_is_kept(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "frame.png"), DEPTH)

    read = DepthPictures(tmp_path).read("frame")

    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, DEPTH)


def test_a_folder_without_depth_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frame.jpg").write_bytes(b"")

    with pytest.raises(MediaError, match=r"has no depth in it: give a folder with a 16-bit PNG"):
        DepthPictures(tmp_path)


def test_a_frame_without_depth_is_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "frame.png"), DEPTH)

    with pytest.raises(MediaError, match=r"other\.png' cannot be read, No such file or directory"):
        DepthPictures(tmp_path).read("other")


def test_eight_bits_are_no_depth(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "frame.png"), DEPTH.astype(np.uint8))

    with pytest.raises(ImageError, match=r"is uint8 of shape \(24, 32\): write it as 16-bit grey"):
        DepthPictures(tmp_path).read("frame")


def test_damaged_depth_is_told(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "frame.png"), DEPTH)
    data = (tmp_path / "frame.png").read_bytes()
    (tmp_path / "frame.png").write_bytes(data[:-20])

    with pytest.raises(ImageError, match=r"frame\.png' is truncated or damaged"):
        DepthPictures(tmp_path).read("frame")
