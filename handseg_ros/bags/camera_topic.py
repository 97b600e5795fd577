"""Which topic of a bag is the camera's: by its type, by its first image, and by its name."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import Any

from handseg_ros.bags.bag import Bag, BagTopic
from handseg_ros.bags.definitions import read_message, types_of
from handseg_ros.bags.image_topics import COMPRESSED_SUFFIX, IMAGE, is_image, listed
from handseg_ros.image_messages.encodings import PACKED, SEMI_PLANAR
from handseg_ros.image_messages.picture_header import check_picture_size
from handseg_ros.outputs.table import IMAGE_NAMES
from handseg_ros.segmentation.errors import ImageError, MediaError, quoted

_LABELS = "/ground_truth/"
# Measures, not colours; mono16 is depth to some drivers and grey to others, so its name decides.
_MEASURES = frozenset(["16UC1", "16SC1", "32SC1", "32FC1", "64FC1"])
_EITHER = "mono16"
# Words of names; of several parts of a name the last one that has such a word decides.
_DEPTH_WORDS = frozenset(["depth", "compresseddepth", "disparity"])
_COLOUR_WORDS = frozenset(
    ["color", "colour", "rgb", "bgr", "left", "right", "mono", "gray", "grey"]
)
# Streams of video packets, each of which needs those before it.
_VIDEOS = {
    "ffmpeg_image_transport_msgs/msg/FFMPEGPacket": "ffmpeg",
    "theora_image_transport/msg/Packet": "theora",
    "foxglove_msgs/msg/CompressedVideo": "a video codec",
    "point_cloud_interfaces/msg/CompressedVideo": "a video codec",
}
_VIDEO_FORMATS = re.compile(r"\b(?:h\.?26[45]|hevc|av1|vp[89]|theora|ffmpeg)\b", re.IGNORECASE)
_DEPTH_TRANSPORT = "compressedDepth"
# Damaged messages at a topic's start that are passed by.
_TRIES = 3


class _Rank(IntEnum):
    """How likely a topic is the camera's, the best first."""

    CAMERA = 0
    NAMED_DEPTH = 1
    UNREADABLE = 2
    NONE = 3


@dataclass(frozen=True)
class _Looked:
    """A topic that was looked into; `why` tells why it is not the camera's, after its name.

    `is_readable` says that its images become pictures, whatever they show.
    """

    topic: BagTopic
    rank: _Rank
    why: str = ""
    is_readable: bool = True


def choose_image_topic(bag: Bag, wanted: str | None) -> BagTopic:
    """Return the topic of a bag with the images: `wanted`, or the only one of a camera.

    Of a raw topic and its compressed twin the raw one is taken. Left aside are depth, by encoding
    or by name, answers of a hand segmentation node (mask, instances, objects, overlay), labels,
    empty topics and packets of videos. Raises MediaError, which names the topics that would do,
    for a topic that is missing or no image, for none, and for several.
    """
    looked = [_look(bag, topic) for topic in bag.topics.values() if _has_pictures(topic)]
    best = min((item.rank for item in looked), default=_Rank.NONE)
    cameras = [] if best is _Rank.NONE else [item.topic for item in looked if item.rank == best]
    cameras = _without_twins(cameras)
    if wanted is not None:
        return _wanted(bag, wanted, looked, cameras)
    if len(cameras) == 1:
        return cameras[0]
    if cameras:
        raise MediaError(
            f"the bag '{bag.name}' has {len(cameras)} image topics that may be the camera's: "
            f"choose one of {listed(cameras)} with --topic"
        )
    raise _no_camera(bag, looked)


def _has_pictures(topic: BagTopic) -> bool:
    return is_image(topic) or topic.msgtype in _VIDEOS


def _wanted(
    bag: Bag, wanted: str, looked: Sequence[_Looked], cameras: Sequence[BagTopic]
) -> BagTopic:
    found = next((item for item in looked if item.topic.name == wanted), None)
    if found is not None and found.is_readable:
        return found.topic
    other = bag.topics.get(wanted)
    trouble = f"there is no topic '{wanted}'"
    if found is not None:
        trouble = f"'{wanted}' {found.why}"
    elif other is not None:
        trouble = f"'{wanted}' is {other.msgtype}"
    ways = f"choose one of {listed(cameras)}" if cameras else "record the camera's topic with it"
    raise MediaError(f"the bag '{bag.name}' cannot be read so, as {trouble}: {ways}")


def _no_camera(bag: Bag, looked: Sequence[_Looked]) -> MediaError:
    if not looked:
        others = f"but only {listed(bag.topics.values())}" if bag.topics else "and no other one"
        return MediaError(
            f"the bag '{bag.name}' has no image topic, {others}: record the camera's topic with it"
        )
    reasons = "; ".join(f"{listed([item.topic])} {item.why}" for item in looked)
    return MediaError(
        f"the bag '{bag.name}' has no image topics that may be the camera's, as {reasons}: record "
        "the camera's topic with it"
    )


def _without_twins(topics: Sequence[BagTopic]) -> list[BagTopic]:
    """Return topics without the compressed twins of raw ones among them."""
    names = {topic.name for topic in topics}
    return [
        topic
        for topic in topics
        if not topic.name.endswith(COMPRESSED_SUFFIX)
        or topic.name.removesuffix(COMPRESSED_SUFFIX) not in names
    ]


def _look(bag: Bag, topic: BagTopic) -> _Looked:
    if topic.msgtype in _VIDEOS:
        return _no_picture(topic, _of_a_video(_VIDEOS[topic.msgtype]))
    message, is_empty = _first_message(bag, topic)
    if is_empty:
        return _no_picture(topic, "has no message")
    if _is_no_camera_by_name(topic.name):
        return _Looked(topic, _Rank.NONE, "holds masks or labels, and not a camera's images")
    if message is None:
        return _Looked(topic, _Rank.UNREADABLE, "has no message that can be read")
    if topic.msgtype == IMAGE:
        return _by_encoding(topic, message.encoding)
    return _by_format(topic, message)


def _first_message(bag: Bag, topic: BagTopic) -> tuple[Any | None, bool]:
    """Return the first message that can be read, and whether there is none at all."""
    is_empty = True
    with closing(bag.messages([topic.name])) as messages:  # type: ignore[type-var]
        for recorded in islice(messages, _TRIES):
            is_empty = False
            try:
                types = types_of(topic.connection)
                return read_message(types, recorded.data, topic.msgtype), False
            except (ImageError, MediaError):
                continue
    return None, is_empty


def _by_encoding(topic: BagTopic, encoding: str) -> _Looked:
    is_depth_by_name = _says_depth(topic.name)
    if encoding in _MEASURES or (encoding == _EITHER and is_depth_by_name):
        return _Looked(topic, _Rank.NONE, f"holds depth ({encoding})")
    if encoding not in PACKED and encoding not in SEMI_PLANAR:
        return _Looked(topic, _Rank.UNREADABLE, f"has an unknown encoding, {quoted(encoding)}")
    return _Looked(topic, _Rank.NAMED_DEPTH if is_depth_by_name else _Rank.CAMERA)


def _by_format(topic: BagTopic, message: Any) -> _Looked:
    told = str(message.format)
    if _DEPTH_TRANSPORT in told or _DEPTH_TRANSPORT in topic.name:
        return _no_picture(topic, "holds depth in a form of its own (compressedDepth)")
    if _VIDEO_FORMATS.search(told):
        return _no_picture(topic, _of_a_video(quoted(told)))
    try:
        check_picture_size(bytes(message.data), "the first image")
    except ImageError as error:
        return _Looked(topic, _Rank.UNREADABLE, f"cannot be read: {error}")
    return _by_encoding(topic, _encoding_in(told))


def _encoding_in(told: str) -> str:
    """Return the encoding that a format tells, which is one of colours where it tells none."""
    original = told.partition(";")[0].strip()
    return original if original in _MEASURES or original == _EITHER else "bgr8"


def _no_picture(topic: BagTopic, why: str) -> _Looked:
    return _Looked(topic, _Rank.NONE, why, is_readable=False)


def _of_a_video(codec: str) -> str:
    return (
        f"holds packets of a video ({codec}), which are no images: play it through "
        "image_transport's republish to raw and record that"
    )


def _is_no_camera_by_name(name: str) -> bool:
    parts = name.removesuffix(COMPRESSED_SUFFIX).split("/")
    return parts[-1] in IMAGE_NAMES or name.startswith(_LABELS)


def _says_depth(name: str) -> bool:
    """Return what the last part of a name that tells depth from colour says."""
    for part in reversed(name.split("/")):
        words = set(re.split(r"[\W_\d]+", part.lower()))
        if words & _DEPTH_WORDS:
            return True
        if words & _COLOUR_WORDS:
            return False
    return False
