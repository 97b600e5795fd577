"""The images of a bag's topic: their pixels, each with its name and its stamp."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from rosbags.typesys.store import Typestore

from handseg_ros.bags.bag import Bag, BagTopic, Recorded
from handseg_ros.bags.definitions import read_message, types_of
from handseg_ros.bags.image_topics import COMPRESSED
from handseg_ros.image_messages import decode_compressed, to_bgr
from handseg_ros.image_messages.significant_bits import MOST, SignificantBits
from handseg_ros.segmentation.errors import ImageError

# Index and stamp, as `_name` writes them.
_NAME = re.compile(r"(\d+)_-?\d+")


@dataclass(frozen=True)
class BagImage:
    """One image of a bag.

    `index` counts the topic's messages from 0; `name` is fit for a file's stem and unique in the
    topic: index and stamp. `stamp` is the header's and `log_time` when it was recorded, both in
    nanoseconds; `header` is the message's own. `pixels` is uint8 (H, W, 3), BGR.
    """

    index: int
    name: str
    stamp: int
    log_time: int
    header: Any
    pixels: np.ndarray


@dataclass(frozen=True)
class BadImage:
    """An image of a bag that cannot be used, and why, as half a sentence."""

    index: int
    name: str
    reason: str


class ImageReader:
    """Turns the messages of one image topic into pixels."""

    def __init__(self, bag: Bag, topic: BagTopic) -> None:
        """Raises MediaError when the topic's type is not defined.

        Where the images' values seem to use few of 16 bits, all of them are looked at first: which
        ones are read, and in which order, must not change how bright they are.
        """
        self._types: Typestore = types_of(topic.connection)
        self._bits = SignificantBits(
            look_ahead=lambda: _bits_of_all(bag, topic),
            report=lambda sentence: bag.remarks.append(f"{topic.name}: {sentence}"),
        )

    def read(self, recorded: Recorded, index: int) -> BagImage | BadImage:
        """Return the image in the topic's message of that index, or why there is none."""
        stamp = recorded.log_time
        try:
            message = read_message(self._types, recorded.data, recorded.topic.msgtype)
            stamp = stamp_of(message.header)
            pixels = decode_image(message, recorded.topic.msgtype, self._bits)
        except ImageError as error:
            return BadImage(index, _name(index, stamp), str(error))
        name = _name(index, stamp)
        return BagImage(index, name, stamp, recorded.log_time, message.header, pixels)


def images(
    bag: Bag, topic: BagTopic, is_wanted: Callable[[int], bool] = lambda index: True
) -> Iterator[BagImage | BadImage]:
    """Yield every image of a topic once, in the order they were recorded.

    Those whose index is not wanted are left out without being decoded.
    """
    reader = ImageReader(bag, topic)
    for index, recorded in enumerate(bag.messages([topic.name])):
        if is_wanted(index):
            yield reader.read(recorded, index)


def decode_image(message: Any, msgtype: str, bits: SignificantBits | None = None) -> np.ndarray:
    """Return a message's pixels: uint8 (H, W, 3), BGR; raises ImageError."""
    return decode_compressed(message, bits) if msgtype == COMPRESSED else to_bgr(message, bits)


def _bits_of_all(bag: Bag, topic: BagTopic) -> int:
    """Return how many of 16 bits the images of a topic use, all of them."""
    types, bits = types_of(topic.connection), SignificantBits()
    with Bag(bag.path) as another:  # as `bag` is being read
        for recorded in another.messages([topic.name]):
            with suppress(ImageError):
                message = read_message(types, recorded.data, topic.msgtype)
                decode_image(message, topic.msgtype, bits)
            if bits.found == MOST:
                break
    return bits.found


def stamp_of(header: Any) -> int:
    """Return a header's stamp in nanoseconds."""
    return int(header.stamp.sec) * 10**9 + int(header.stamp.nanosec)


def index_in_name(name: str) -> int | None:
    """Return the index of the image that has a name as `BagImage` gives it, None for others."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def _name(index: int, stamp: int) -> str:
    return f"{index:06d}_{stamp}"
