"""What a bag's own topics say of the hands in each image."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from handseg_ros.bags.bag import Bag, BagTopic
from handseg_ros.bags.definitions import HANDS, read_message, types_of
from handseg_ros.bags.image_topics import (
    COMPRESSED,
    COMPRESSED_SUFFIX,
    IMAGE,
    is_image,
    topic_named,
)
from handseg_ros.bags.recording import MADE_BY
from handseg_ros.datasets.bag.options import GroundTruthTopicNames
from handseg_ros.datasets.bag.stamped_topic import StampedTopic
from handseg_ros.datasets.frames import GroundTruth, LabelOrigin, ReadLabel, Skipped
from handseg_ros.datasets.instance_ids import id_areas
from handseg_ros.datasets.label_options import MaskValues
from handseg_ros.datasets.mask_values import MaskSet, binary_mask
from handseg_ros.image_messages.layout import check_size, packed_pixels
from handseg_ros.image_messages.pictures import JPEG_START, decode_picture
from handseg_ros.segmentation.errors import ImageError
from handseg_ros.segmentation.hands import Side

# Where labels lie that are not named. Topics of a node are its answers, and never taken for labels.
NAMESPACE = "/ground_truth"
# The name of the topics whose masks hold ids, though there be but one hand.
_IDS_NAME = "instances"
_LABEL_NAMES = ("mask", _IDS_NAME, "objects")
_MONO = ("mono8", "8UC1")


@dataclass(frozen=True)
class GroundTruthTopics:
    """The topics of a bag that hold labels; None where there is none of a kind."""

    masks: BagTopic | None
    hands: BagTopic | None
    objects: BagTopic | None


def find_ground_truth(bag: Bag, names: GroundTruthTopicNames) -> GroundTruthTopics:
    """Return the topics with labels; raises MediaError for a name that is missing or no label."""
    images = [topic for topic in bag.topics.values() if is_image(topic)]
    hands = [topic for topic in bag.topics.values() if topic.msgtype == HANDS]

    def find(name: str | None, fitting: list[BagTopic], *usual: str) -> BagTopic | None:
        if name is not None:
            return topic_named(bag, name, fitting, [item for item in fitting if _may_hold(item)])
        by_name = {topic.name: topic for topic in fitting}
        names = [f"{NAMESPACE}/{item}" for item in usual]
        present = [by_name[name] for name in names if name in by_name]
        # An empty one says nothing where another one does.
        return next((topic for topic in present if topic.count), next(iter(present), None))

    return GroundTruthTopics(
        find(names.masks, images, "instances", "instances/compressed", "mask", "mask/compressed"),
        find(names.hands, hands, "hands"),
        find(names.objects, images, "objects", "objects/compressed"),
    )


def _may_hold(topic: BagTopic) -> bool:
    """Return whether a topic is worth naming to who looks for labels."""
    return bool(topic.count) and (
        topic.msgtype == HANDS
        or topic.name.startswith(f"{NAMESPACE}/")
        or topic.name.removesuffix(COMPRESSED_SUFFIX).rpartition("/")[2] in _LABEL_NAMES
    )


class TopicGroundTruth:
    """Reads the labels along with the images, in their order."""

    def __init__(
        self,
        open_bag: Callable[[], Bag],
        topics: GroundTruthTopics,
        values: MaskValues = MaskValues.AUTO,
    ) -> None:
        """Start at the first labels; raises MediaError when a topic's type is not defined.

        Each topic is read from a bag of its own, as one file cannot be read at two places at once.
        """
        self._masks = MaskSet(values, is_binary=True)
        if topics.masks is not None:
            name = topics.masks.name.removesuffix(COMPRESSED_SUFFIX).rpartition("/")[2]
            masks = _masks_of(open_bag(), topics.masks)
            self._masks = MaskSet.of(masks, values, names_ids=name == _IDS_NAME)
        self._origin = _origin_of(open_bag(), topics)
        self._mask_topic = _stamped(open_bag, topics.masks)
        self._object_topic = _stamped(open_bag, topics.objects)
        self._hand_topic = _stamped(open_bag, topics.hands)

    @property
    def unused(self) -> list[Skipped]:
        """What is told, after the last image, of labels that no image asked for."""
        topics = (self._mask_topic, self._hand_topic, self._object_topic)
        return [item for topic in topics if topic is not None for item in topic.left_over()]

    def at(self, stamp: int) -> ReadLabel:
        """Return what is known of the image with a stamp in nanoseconds.

        Raises ImageError where a label is damaged, UnusableError for values that are unclear.
        """
        mask, objects = (_mask_at(topic, stamp) for topic in (self._mask_topic, self._object_topic))
        found = None if self._hand_topic is None else self._hand_topic.at(stamp)
        if mask is None and found is None:
            return ReadLabel(None)
        own = None if mask is None else self._masks.meaning(mask)
        object_mask = None if objects is None else binary_mask(objects)
        if found is None:
            assert own is not None, "there is a mask or there are hands"
            ground_truth = GroundTruth(own.ids, own.has_instances, objects=object_mask)
            return ReadLabel(ground_truth, own.notes, self._origin)
        # Where the mask does not tell one hand from another, the hands' own masks do.
        ids = own.ids if own is not None and own.has_instances else ids_of(found)
        present = id_areas(ids)
        hands = [hand for hand in found.hands if hand.id in present]
        return ReadLabel(
            GroundTruth(
                ids,
                True,
                {hand.id: Side(hand.side) for hand in hands if hand.side != Side.UNKNOWN},
                {hand.id: hand.track_id for hand in hands if hand.track_id},
                object_mask,
            ),
            origin=self._origin,
        )


def _origin_of(bag: Bag, topics: GroundTruthTopics) -> LabelOrigin | None:
    """Return the model that `handseg record-masks` ran, where labels are what it added.

    What a bag holds is not corrected, as nobody can.
    """
    try:
        told = json.loads(bag.custom.get(MADE_BY, ""))
        outputs, model = str(told["outputs"]).split(), str(told["model"])
    except (ValueError, KeyError, TypeError):
        return None
    used = (topics.masks, topics.hands)
    is_own = any(topic is not None and topic.name in outputs for topic in used)
    return LabelOrigin(model, False) if is_own else None


def _stamped(open_bag: Callable[[], Bag], topic: BagTopic | None) -> StampedTopic | None:
    return None if topic is None else StampedTopic(open_bag(), topic)


def _mask_at(topic: StampedTopic | None, stamp: int) -> np.ndarray | None:
    message = None if topic is None else topic.at(stamp)
    return None if topic is None or message is None else mask_of(message, topic.msgtype)


def _masks_of(bag: Bag, topic: BagTopic) -> Iterator[np.ndarray]:
    """Yield the masks of a topic that can be read."""
    types = types_of(topic.connection)
    for recorded in bag.messages([topic.name]):
        with suppress(ImageError):
            yield mask_of(read_message(types, recorded.data, topic.msgtype), topic.msgtype)


def mask_of(message: Any, msgtype: str) -> np.ndarray:
    """Return the pixels of a mask, uint8 (H, W), as they are: 0 and 255, or ids.

    Raises ImageError for an image that is not of one byte a pixel, or that JPEG has changed.
    """
    if msgtype == COMPRESSED:
        return _unpacked(bytes(message.data))
    if message.encoding not in _MONO:
        raise ImageError(
            f"the label is a {message.encoding} image, whose values are no ids: record it as mono8"
        )
    return packed_pixels(message, np.dtype(np.uint8), 1)


def _unpacked(data: bytes) -> np.ndarray:
    if data.startswith(JPEG_START):
        raise ImageError("the label is a JPEG, which changes its values: record it as PNG or mono8")
    pixels = decode_picture(data, "the label", cv2.IMREAD_UNCHANGED)
    if pixels.ndim != 2 or pixels.dtype != np.uint8:
        raise ImageError(
            f"the label is a picture of {pixels.dtype} {pixels.shape}, whose values are no ids: "
            "record it with one channel of 8 bits"
        )
    return pixels


def ids_of(message: Any) -> np.ndarray:
    """Return the id image of a HandInstances: uint8 (H, W), 0 background.

    Raises ImageError for a hand whose mask does not fit its box, or whose box leaves the image, for
    hands of one id, and for an image that is too large.
    """
    check_size("the label", message.width, message.height)
    numbers = [hand.id for hand in message.hands]
    if len({0, *numbers}) <= len(numbers):
        raise ImageError(
            f"the label's hands have the ids {numbers}, which must be from 1 on and each its own: "
            "write them anew"
        )
    ids = np.zeros((message.height, message.width), np.uint8)
    for hand in message.hands:
        roi = hand.roi
        window = ids[
            roi.y_offset : roi.y_offset + roi.height, roi.x_offset : roi.x_offset + roi.width
        ]
        mask = mask_of(hand.mask, IMAGE)
        if window.shape != mask.shape:
            raise ImageError(
                f"the label's hand {hand.id} has a mask of {mask.shape}, but its box takes "
                f"{window.shape} of the image: write both anew"
            )
        np.copyto(window, hand.id, where=mask > 0)
    return ids
