"""One answered frame as messages of Foxglove: pictures, outlines with labels, hands as JSON."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from foxglove.messages import (
    Color,
    CompressedImage,
    ImageAnnotations,
    KeyValuePair,
    Point2,
    PointsAnnotation,
    PointsAnnotationType,
    RawImage,
    TextAnnotation,
    Timestamp,
)

from handseg_ros.datasets.pixel_outlines import pixel_outlines
from handseg_ros.depth.positions import Measurement
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.segmentation.hands import Hand
from handseg_ros.segmentation.overlay import colour_of, label_text, line_width

_NANOSECONDS = 1_000_000_000
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]
_FONT_SIZE = 12.0
_WHITE = Color(r=1.0, g=1.0, b=1.0, a=1.0)
_DARK = Color(r=0.1, g=0.1, b=0.1, a=0.8)
Pixels = Callable[[SegmentedFrame], np.ndarray]

_STAMP = {
    "type": "object",
    "properties": {"sec": {"type": "integer"}, "nsec": {"type": "integer"}},
}
HEADER_SCHEMA = {
    "type": "object",
    "properties": {"stamp": _STAMP, "frame_id": {"type": "string"}},
}
# Fields of HandInstances.msg and HandInstance.msg, all but masks, extents and what hands touch.
HANDS_SCHEMA = {
    "title": "handseg_ros/msg/HandInstances",
    "type": "object",
    "properties": {
        "header": HEADER_SCHEMA,
        "height": {"type": "integer"},
        "width": {"type": "integer"},
        "model": {"type": "string"},
        "hands": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "track_id": {"type": "integer"},
                    "side": {"type": "integer", "description": "0 unknown, 1 left, 2 right"},
                    "side_confidence": {"type": "number"},
                    "score": {"type": "number"},
                    "roi": {
                        "type": "object",
                        "properties": {
                            name: {"type": "integer"}
                            for name in ("x_offset", "y_offset", "height", "width")
                        },
                    },
                    "area": {"type": "integer"},
                    "centroid_x": {"type": "number"},
                    "centroid_y": {"type": "number"},
                    "position": {
                        "type": "object",
                        "properties": {name: {"type": "number"} for name in "xyz"},
                    },
                    "position_valid": {"type": "boolean"},
                },
            },
        },
    },
}


def timestamp(stamp: int) -> Timestamp:
    """Return nanoseconds since 1970 as Foxglove has them."""
    return Timestamp(*divmod(stamp, _NANOSECONDS))


def header(stamp: int, frame_id: str = "") -> dict[str, Any]:
    """Return a ROS header as JSON, with the names that Foxglove gives the parts of its stamp."""
    seconds, rest = divmod(stamp, _NANOSECONDS)
    return {"stamp": {"sec": seconds, "nsec": rest}, "frame_id": frame_id}


def jpeg_image(pixels: Pixels) -> Callable[[SegmentedFrame], CompressedImage]:
    """Return what makes a JPEG of pixels, uint8 (height, width, 3), BGR."""

    def make(frame: SegmentedFrame) -> CompressedImage:
        return CompressedImage(
            timestamp=timestamp(frame.header.stamp),
            frame_id=frame.header.frame_id,
            data=cv2.imencode(".jpg", pixels(frame), _JPEG)[1].tobytes(),
            format="jpeg",
        )

    return make


def mono_image(pixels: Pixels) -> Callable[[SegmentedFrame], RawImage]:
    """Return what makes a mono8 image, without loss, of pixels, uint8 (height, width)."""

    def make(frame: SegmentedFrame) -> RawImage:
        picture = pixels(frame)
        return RawImage(
            timestamp=timestamp(frame.header.stamp),
            frame_id=frame.header.frame_id,
            width=picture.shape[1],
            height=picture.shape[0],
            encoding="mono8",
            step=picture.shape[1],
            data=picture.tobytes(),
        )

    return make


def image_annotations(frame: SegmentedFrame) -> ImageAnnotations:
    """Return the hands' outlines along the edges of their pixels, and a label at each."""
    stamp = timestamp(frame.header.stamp)
    thickness = float(line_width(frame.pixels))
    hands = frame.segmentation.hands
    return ImageAnnotations(
        timestamp=stamp,
        points=[
            PointsAnnotation(
                timestamp=stamp,
                type=PointsAnnotationType.LineLoop,
                points=[Point2(x=float(x), y=float(y)) for x, y in ring],
                outline_color=color_of(hand),
                thickness=thickness,
                metadata=_facts(hand),
            )
            for hand in hands
            for ring in _rings(hand)
        ],
        texts=[
            TextAnnotation(
                timestamp=stamp,
                position=Point2(x=float(hand.box.x), y=float(hand.box.y)),
                text=label_text(hand),
                font_size=_FONT_SIZE,
                text_color=_WHITE,
                background_color=_DARK,
                metadata=_facts(hand),
            )
            for hand in hands
        ],
    )


def hands_json(frame: SegmentedFrame) -> dict[str, Any]:
    """Return the hands with the fields of `HANDS_SCHEMA`."""
    return {
        "header": header(frame.header.stamp, frame.header.frame_id),
        "height": frame.segmentation.height,
        "width": frame.segmentation.width,
        "model": frame.circumstances.model,
        "hands": [
            _hand_json(hand, frame.circumstances.measurements.get(hand.id))
            for hand in frame.segmentation.hands
        ],
    }


def color_of(hand: Hand, alpha: float = 1.0) -> Color:
    """Return the colour that the overlay gives a hand."""
    blue, green, red = colour_of(hand)
    return Color(r=red / 255, g=green / 255, b=blue / 255, a=alpha)


def _rings(hand: Hand) -> list[np.ndarray]:
    """Return outlines in pixels of the frame; (0, 0) is the corner of its first pixel."""
    return [np.add(ring, (hand.box.x, hand.box.y)) for ring in pixel_outlines(hand.mask > 0)]


def _facts(hand: Hand) -> list[KeyValuePair]:
    facts = {
        "id": str(hand.id),
        "track_id": str(hand.track_id),
        "side": hand.side.name.lower(),
        "score": f"{hand.score:.4f}",
    }
    return [KeyValuePair(key=key, value=value) for key, value in facts.items()]


def _hand_json(hand: Hand, measured: Measurement | None) -> dict[str, Any]:
    box = hand.box
    location = None if measured is None else measured.location
    place = (0.0, 0.0, 0.0) if location is None else location.position
    return {
        "id": hand.id,
        "track_id": hand.track_id,
        "side": int(hand.side),
        "side_confidence": hand.side_confidence,
        "score": hand.score,
        "roi": {"x_offset": box.x, "y_offset": box.y, "height": box.height, "width": box.width},
        "area": hand.area,
        "centroid_x": hand.centroid[0],
        "centroid_y": hand.centroid[1],
        "position": dict(zip("xyz", place, strict=True)),
        "position_valid": location is not None,
    }
