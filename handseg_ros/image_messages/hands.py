"""Hands as a HandInstances, in the classes of ROS or of any library like it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handseg_ros.depth.positions import Measurement
from handseg_ros.image_messages.encode import fill_image
from handseg_ros.image_messages.message_library import (
    HAND_INSTANCE,
    HAND_INSTANCES,
    IMAGE,
    REGION_OF_INTEREST,
    MessageLibrary,
)
from handseg_ros.segmentation.hands import Box, Hand, ObjectRegion, Segmentation, union

_NANOSECONDS = 1_000_000_000
# A Duration's seconds are int32: the time since 1970, where a stamp was left at 0, must fit in.
_MAX_AGE = (2**31 - 1) * _NANOSECONDS


@dataclass(frozen=True)
class Circumstances:
    """What a message tells beside the hands themselves.

    `model` found them; `sequence` counts the answers of a stream from 1, and is 0 outside of one;
    `input_age` is the time from the image's stamp to publication in nanoseconds, 0 where nothing
    is live; `measurements` are what depth tells of the hands, by their id, empty without depth.
    """

    model: str
    sequence: int = 0
    input_age: int = 0
    measurements: Mapping[int, Measurement] = field(default_factory=dict)


def hands_message(
    library: MessageLibrary,
    header: Any,
    segmentation: Segmentation,
    circumstances: Circumstances,
) -> Any:
    """Return the HandInstances of one frame; `header` is the input image's own."""
    message = library.new(HAND_INSTANCES)
    message.header = header
    message.sequence = circumstances.sequence
    set_age(message, circumstances.input_age)
    message.height, message.width = segmentation.height, segmentation.width
    message.model = circumstances.model
    measurements = circumstances.measurements
    message.hands = [
        _hand_message(library, header, hand, segmentation, measurements.get(hand.id))
        for hand in segmentation.hands
    ]
    return message


def set_age(message: Any, input_age: int) -> None:
    """Set the age of a HandInstances, in nanoseconds; beyond 68 years it is 68 years."""
    bounded = min(max(input_age, -_MAX_AGE), _MAX_AGE)
    message.input_age.sec, message.input_age.nanosec = divmod(bounded, _NANOSECONDS)


def _hand_message(
    library: MessageLibrary,
    header: Any,
    hand: Hand,
    segmentation: Segmentation,
    measurement: Measurement | None,
) -> Any:
    message = library.new(HAND_INSTANCE)
    message.id = hand.id
    message.track_id = hand.track_id
    message.side = int(hand.side)
    message.side_confidence = hand.side_confidence
    message.score = hand.score
    message.roi = _roi(library, hand.box)
    message.mask = _mask(library, header, hand.mask)
    message.area = hand.area
    message.centroid_x, message.centroid_y = hand.centroid
    if measurement is not None:
        _set_measurement(message, measurement)
    if touched := segmentation.touched_by(hand):
        _set_touched(library, message, header, touched)
    return message


def _set_measurement(message: Any, measurement: Measurement) -> None:
    message.depth_share = measurement.depth_share
    if location := measurement.location:
        message.position_valid = True
        message.position.x, message.position.y, message.position.z = location.position
        message.extent.x, message.extent.y, message.extent.z = location.extent


def _set_touched(
    library: MessageLibrary, message: Any, header: Any, touched: tuple[ObjectRegion, ...]
) -> None:
    box, mask = union(touched)
    message.touched_roi = _roi(library, box)
    message.touched_mask = _mask(library, header, mask)
    message.touched_score = max(item.score for item in touched)


def _mask(library: MessageLibrary, header: Any, pixels: np.ndarray) -> Any:
    image = library.new(IMAGE)
    image.header = header
    fill_image(image, pixels, "mono8", library.data)
    return image


def _roi(library: MessageLibrary, box: Box) -> Any:
    region = library.new(REGION_OF_INTEREST)
    region.x_offset, region.y_offset = box.x, box.y
    region.width, region.height = box.width, box.height
    return region
