"""Guards images of 10 and 12 bits in 16: bright as they were taken, without flicker, told once."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from image_messages.messages import image, random_pixels
from support.bags import IMAGE, image_entry, stamp_of, write_bag

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.images import BagImage, images
from handseg_ros.image_messages import decode_compressed, to_bgr
from handseg_ros.image_messages.encodings import PACKED
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.media.pictures import PictureSource, read_picture

COLOURS_OF_16_BITS = [name for name, packed in PACKED.items() if packed.scaled_to_bgr is not None]


def _few_bits(encoding: str, bits: int, seed: int = 1) -> np.ndarray:
    """Return random pixels of an encoding, the largest of them white; alpha is full."""
    pixels = random_pixels(encoding, 6, 8, seed) >> (16 - bits)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels[..., 3] = 65535
    pixels[0, 0] = 2**bits - 1
    return pixels


def test_all_colours_of_16_bits_are_meant() -> None:
    assert {"mono16", "bgr16", "rgba16", "bayer_grbg16", "16UC3"} <= set(COLOURS_OF_16_BITS)
    assert "16UC1" not in COLOURS_OF_16_BITS  # a measure, stretched in any case


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("encoding", COLOURS_OF_16_BITS)
def test_few_bits_look_as_if_they_were_16(encoding: str, bits: int) -> None:
    pixels = _few_bits(encoding, bits)
    # What the camera would have sent with its bits at the top, and those below filled.
    full = np.rint(pixels * (65535.0 / (2**bits - 1))).clip(0, 65535).astype(np.uint16)
    wanted = to_bgr(image(full, encoding)).astype(int)
    for source in (SignificantBits(), SignificantBits(bits)):
        found = to_bgr(image(pixels, encoding), source).astype(int)
        assert np.abs(found - wanted).max() <= 1
    assert to_bgr(image(pixels, encoding)).max() <= 255 * 2**bits / 65535 + 1


@pytest.mark.parametrize("encoding", PACKED)
def test_what_has_all_its_bits_stays_as_it_is(encoding: str) -> None:
    pixels = random_pixels(encoding, 6, 8, seed=3)
    if PACKED[encoding].scaled_to_bgr is not None:
        pixels[0, 0] = 65535
    message = image(pixels, encoding)
    np.testing.assert_array_equal(to_bgr(message, SignificantBits()), to_bgr(message))


def test_bits_only_grow_and_each_step_is_told_once() -> None:
    told: list[str] = []
    source = SignificantBits(report=told.append)
    greys = []
    for largest in (0, 900, 100, 4000, 900, 60000, 900):
        pixels = np.full((2, 2), largest, np.uint16)
        greys.append(int(to_bgr(image(pixels, "mono16"), source)[0, 0, 0]))
    assert greys == [0, 224, 25, 249, 56, 233, 4]
    assert len(told) == 2
    assert told[0] == (
        "values of 16 bits use 10 of them, as far as is known (900 is the largest so far): 1023 is "
        "taken for white"
    )
    assert "use 12 of them" in told[1]


def test_a_fixed_number_holds_whatever_comes() -> None:
    source = SignificantBits(12)
    for largest, grey in ((4095, 255), (1023, 64), (65535, 255)):
        pixels = np.full((2, 2), largest, np.uint16)
        assert to_bgr(image(pixels, "mono16"), source)[0, 0, 0] == grey


def test_compressed_images_of_few_bits_are_bright_too() -> None:
    class Message:
        format = "mono16; png compressed"
        data = cv2.imencode(".png", _few_bits("mono16", 10))[1].tobytes()

    assert decode_compressed(Message()).max() < 8
    assert decode_compressed(Message(), SignificantBits()).max() == 255


def test_a_bag_s_images_have_one_brightness_whichever_are_read(tmp_path: Path) -> None:
    # The first is so dark that it alone would pass for one of 10 bits.
    pictures = [np.full((4, 6), largest, np.uint16) for largest in (900, 3000, 4095)]
    entries = [
        image_entry("/camera", stamp_of(number), picture, "mono16")
        for number, picture in enumerate(pictures)
    ]
    with Bag(write_bag(tmp_path / "bag", entries)) as bag:
        topic = bag.topics["/camera"]
        assert topic.msgtype == IMAGE
        for wanted in ([0, 1, 2], [1], [0, 2]):
            read = images(bag, topic, set(wanted).__contains__)
            greys = [int(item.pixels[0, 0, 0]) for item in read if isinstance(item, BagImage)]
            assert greys == [[56, 187, 255][index] for index in wanted]
        assert all("/camera: values of 16 bits use 12" in remark for remark in bag.remarks)
        assert len(bag.remarks) == 3  # one for each reading


def test_picture_files_are_taken_each_by_itself_and_told_once(tmp_path: Path) -> None:
    for name, largest in (("a", 1023), ("b", 65535), ("c", 4095)):
        assert cv2.imwrite(f"{tmp_path}/{name}.png", np.full((4, 6), largest, np.uint16))
    source = PictureSource(sorted(tmp_path.iterdir()))
    assert [frame.image.min() for frame in source] == [255, 255, 255]
    (remark,) = source.remarks
    assert remark.startswith(f"'{tmp_path}/a.png': values of 16 bits use 10 of them")
    assert read_picture(tmp_path / "c.png").min() == 255
