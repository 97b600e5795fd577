"""Guards the images of bags: the right topic is chosen or asked for, every image comes once."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.bags import (
    IMAGE,
    KINDS,
    Entry,
    compressed_entry,
    image_entry,
    noise,
    serialized,
    stamp_of,
    stamped,
    write_bag,
)

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.camera_topic import choose_image_topic
from handseg_ros.bags.images import BadImage, BagImage, images


def _read(path: Path, topic: str | None = None) -> list[BagImage | BadImage]:
    with Bag(path) as bag:
        return list(images(bag, choose_image_topic(bag, topic)))


@pytest.mark.parametrize("kind", KINDS)
def test_images_come_once_in_order_with_stamp_and_pixels(kind: str, tmp_path: Path) -> None:
    entries = [
        image_entry("/image", stamp_of(number), noise(number), delay=7) for number in range(5)
    ]
    read = _read(write_bag(tmp_path / "bag", entries, KINDS[kind]))
    for number, item in enumerate(read):
        assert isinstance(item, BagImage)
        assert item.index == number
        assert item.name == f"{number:06d}_{stamp_of(number)}"
        assert (item.stamp, item.log_time) == (stamp_of(number), stamp_of(number) + 7)
        assert item.header.frame_id == "camera"
        np.testing.assert_array_equal(item.pixels, noise(number))
    assert len(read) == 5


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_compressed_images_are_decoded(suffix: str, tmp_path: Path) -> None:
    picture = noise(1)
    entry = compressed_entry("/image/compressed", stamp_of(0), picture, suffix)
    (item,) = _read(write_bag(tmp_path / "bag", [entry]))
    assert isinstance(item, BagImage)
    coded = cv2.imdecode(cv2.imencode(suffix, picture)[1], cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(item.pixels, coded)


def test_other_encodings_become_bgr(tmp_path: Path) -> None:
    rgb = np.ascontiguousarray(noise(1)[..., ::-1])
    (item,) = _read(write_bag(tmp_path / "bag", [image_entry("/image", stamp_of(0), rgb, "rgb8")]))
    assert isinstance(item, BagImage)
    np.testing.assert_array_equal(item.pixels, noise(1))


def test_bad_images_are_named_and_the_next_ones_come(tmp_path: Path) -> None:
    truncated = stamped(IMAGE, stamp_of(1))
    truncated.height, truncated.width, truncated.step = 24, 32, 96
    truncated.encoding, truncated.data = "bgr8", np.zeros(10, np.uint8)
    entries = [
        image_entry("/image", stamp_of(0), noise(0)),
        Entry("/image", IMAGE, stamp_of(1), serialized(truncated, IMAGE)),
        Entry("/image", IMAGE, stamp_of(2), b"\x00\x01\x00\x00rubbish"),
        image_entry("/image", stamp_of(3), noise(3)),
    ]
    read = _read(write_bag(tmp_path / "bag", entries))
    assert [type(item) for item in read] == [BagImage, BadImage, BadImage, BagImage]
    assert [item.index for item in read] == [0, 1, 2, 3]
    assert [item.name for item in read][1:3] == [
        f"000001_{stamp_of(1)}",
        f"000002_{stamp_of(2)}",
    ]
    assert "10 bytes" in read[1].reason  # type: ignore[union-attr]
    assert IMAGE in read[2].reason  # type: ignore[union-attr]
