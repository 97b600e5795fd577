"""The images of a bag: which topic they lie in, and their pixels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from rosbags.typesys.store import Typestore

from handseg_ros.bags.bag import Bag, BagTopic, Recorded
from handseg_ros.bags.definitions import read_message, types_of
from handseg_ros.image_messages import decode_compressed, to_bgr
from handseg_ros.segmentation.errors import ImageError, MediaError

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
# What the last part of a topic's name says when it is no camera's picture: outputs of the node.
_ANSWERS = frozenset(["mask", "instances", "objects", "overlay"])
_DEPTH = ("depth", "compressedDepth")
_COMPRESSED = "/compressed"
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


def choose_image_topic(bag: Bag, wanted: str | None) -> BagTopic:
    """Return the topic of a bag with the images: `wanted`, or the only one of a camera.

    Of a raw topic and its compressed twin the raw one is taken; depth and answers of a hand
    segmentation node (mask, instances, objects, overlay) are left aside. Raises MediaError, which
    lists the topics, for a topic that is missing or no image, for none, and for several.
    """
    images = [topic for topic in bag.topics.values() if is_image(topic)]
    if wanted is not None:
        return topic_named(bag, wanted, images)
    if not images:
        others = f"but only {_listed(bag.topics.values())}" if bag.topics else "and no other one"
        raise MediaError(
            f"the bag '{bag.name}' has no image topic, {others}: record the camera's topic with it"
        )
    cameras = [topic for topic in images if topic.count and _is_of_a_camera(topic)]
    names = {topic.name for topic in cameras}
    cameras = [topic for topic in cameras if not _has_raw_twin(topic, names)]
    if len(cameras) != 1:
        raise MediaError(
            f"the bag '{bag.name}' has {len(cameras) or 'no'} image topics that may be the "
            f"camera's: choose one of {_listed(images)} with --topic"
        )
    return cameras[0]


def topic_named(bag: Bag, name: str, fitting: list[BagTopic]) -> BagTopic:
    """Return the topic of that name among those that fit; raises MediaError, which lists them."""
    for topic in fitting:
        if topic.name == name:
            return topic
    found = bag.topics.get(name)
    trouble = f"'{name}' is {found.msgtype}" if found else f"there is no topic '{name}'"
    ways = f"choose one of {_listed(fitting)}" if fitting else "record the topic with it"
    raise MediaError(f"the bag '{bag.name}' cannot be read so, as {trouble}: {ways}")


def is_image(topic: BagTopic) -> bool:
    """Return whether a topic has images, raw or compressed."""
    return topic.msgtype in (IMAGE, COMPRESSED)


def _is_of_a_camera(topic: BagTopic) -> bool:
    parts = topic.name.removesuffix(_COMPRESSED).split("/")
    return parts[-1] not in _ANSWERS and not any(part.startswith(_DEPTH) for part in parts)


def _has_raw_twin(topic: BagTopic, names: set[str]) -> bool:
    return topic.name.endswith(_COMPRESSED) and topic.name.removesuffix(_COMPRESSED) in names


def _listed(topics: Any) -> str:
    return ", ".join(f"{topic.name} ({topic.msgtype}, {topic.count})" for topic in topics)


class ImageReader:
    """Turns the messages of one image topic into pixels."""

    def __init__(self, topic: BagTopic) -> None:
        """Raises MediaError when the topic's type is not defined."""
        self._types: Typestore = types_of(topic.connection)

    def read(self, recorded: Recorded, index: int) -> BagImage | BadImage:
        """Return the image in the topic's message of that index, or why there is none."""
        stamp = recorded.log_time
        try:
            message = read_message(self._types, recorded.data, recorded.topic.msgtype)
            stamp = stamp_of(message.header)
            pixels = decode_image(message, recorded.topic.msgtype)
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
    reader = ImageReader(topic)
    for index, recorded in enumerate(bag.messages([topic.name])):
        if is_wanted(index):
            yield reader.read(recorded, index)


def decode_image(message: Any, msgtype: str) -> np.ndarray:
    """Return a message's pixels: uint8 (H, W, 3), BGR; raises ImageError."""
    return decode_compressed(message) if msgtype == COMPRESSED else to_bgr(message)


def stamp_of(header: Any) -> int:
    """Return a header's stamp in nanoseconds."""
    return int(header.stamp.sec) * 10**9 + int(header.stamp.nanosec)


def index_in_name(name: str) -> int | None:
    """Return the index of the image that has a name as `BagImage` gives it, None for others."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def _name(index: int, stamp: int) -> str:
    return f"{index:06d}_{stamp}"
