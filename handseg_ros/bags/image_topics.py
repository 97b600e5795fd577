"""The topics of a bag that hold images, by their type and by their name."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handseg_ros.bags.bag import Bag, BagTopic
from handseg_ros.segmentation.errors import MediaError

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
COMPRESSED_SUFFIX = "/compressed"


def is_image(topic: BagTopic) -> bool:
    """Return whether a topic has images, raw or compressed."""
    return topic.msgtype in (IMAGE, COMPRESSED)


def topic_named(
    bag: Bag, name: str, fitting: Sequence[BagTopic], advised: Sequence[BagTopic] | None = None
) -> BagTopic:
    """Return the topic of that name among those that fit.

    Raises MediaError for none, which names those that are advised; without more, all that fit.
    """
    for topic in fitting:
        if topic.name == name:
            return topic
    found = bag.topics.get(name)
    trouble = f"'{name}' is {found.msgtype}" if found else f"there is no topic '{name}'"
    others = fitting if advised is None else advised
    ways = f"choose one of {listed(others)}" if others else "record the topic with it"
    raise MediaError(f"the bag '{bag.name}' cannot be read so, as {trouble}: {ways}")


def listed(topics: Iterable[BagTopic]) -> str:
    """Return topics for a sentence, each with its type and its number of messages."""
    return ", ".join(f"{topic.name} ({topic.msgtype}, {topic.count})" for topic in topics)
