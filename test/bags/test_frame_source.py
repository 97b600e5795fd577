"""Guards a bag's images as frames: in order, at their rate, and on after one that is bad."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.bags import PERIOD, image_entry, noise, stamp_of, write_bag

from handseg_ros.bags.frame_source import BagSource
from handseg_ros.segmentation.errors import ImageError, MediaError


def test_frames_are_the_images_in_order_each_time(tmp_path: Path) -> None:
    entries = [image_entry("/image", stamp_of(number), noise(number)) for number in range(5)]
    source = BagSource(write_bag(tmp_path / "bag", entries))
    assert (source.topic, source.length, source.live) == ("/image", 5, False)
    assert source.rate == pytest.approx(1e9 / PERIOD)
    for _ in range(2):
        for number, frame in enumerate(source):
            np.testing.assert_array_equal(frame.image, noise(number))
            assert (frame.index, frame.name) == (number, f"{number:06d}_{stamp_of(number)}")
            assert frame.position == pytest.approx(number * PERIOD / 1e9)
        assert number == 4


def test_after_a_bad_image_comes_the_next_one(tmp_path: Path) -> None:
    entries = [image_entry("/image", stamp_of(number), noise(number)) for number in range(3)]
    entries[1] = replace(entries[1], data=entries[1].data[:-100])
    frames = iter(BagSource(write_bag(tmp_path / "bag", entries)))
    assert next(frames).index == 0
    with pytest.raises(ImageError, match=r"the image 000001_.* cannot be used"):
        next(frames)
    assert next(frames).index == 2
    assert next(frames, None) is None


def test_a_single_image_has_no_rate(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", [image_entry("/image", stamp_of(0), noise(0))])
    assert BagSource(bag).rate is None


def test_of_several_cameras_one_is_chosen(tmp_path: Path) -> None:
    entries = [image_entry(topic, stamp_of(0), noise(0)) for topic in ("/left", "/right")]
    bag = write_bag(tmp_path / "bag", entries)
    assert BagSource(bag, "/right").topic == "/right"
    with pytest.raises(MediaError, match=r"2 image topics .* with --topic"):
        BagSource(bag)
