"""The hands as markers for RViz: a sphere where each is, and a text that names it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handseg_ros.depth.positions import Location, Measurement
from handseg_ros.image_messages.message_library import MessageLibrary
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.segmentation.hands import Hand, Segmentation, Side

MARKER_ARRAY = "visualization_msgs/msg/MarkerArray"
_MARKER = "visualization_msgs/msg/Marker"
# Marker's own numbers for what is shown, and for what becomes of it.
_SPHERE, _TEXT_VIEW_FACING = 2, 9
_ADD, _DELETE = 0, 2

# Red, green, blue, alpha.
_COLOURS = {
    Side.UNKNOWN: (0.8, 0.8, 0.8, 0.6),
    Side.LEFT: (0.2, 0.6, 1.0, 0.6),
    Side.RIGHT: (1.0, 0.6, 0.2, 0.6),
}
_WHITE = (1.0, 1.0, 1.0, 1.0)
# Metres: a hand that is seen edge-on is still shown, and its text stands above it.
_MIN_SIZE = 0.02
_TEXT_HEIGHT = 0.05
# RViz drops a marker by itself after so many seconds, should the node or its camera fall silent.
_LIFETIME = 2


@dataclass(frozen=True)
class _Key:
    """Which hand a marker is of: by its track, or by its id in the frame where it has none."""

    kind: str
    number: int

    @classmethod
    def of(cls, hand: Hand) -> _Key:
        """Return the key of a hand."""
        return cls("track", hand.track_id) if hand.track_id else cls("hand", hand.id)

    @property
    def namespaces(self) -> tuple[str, str]:
        """The namespaces of a hand's sphere and of its text."""
        return f"{self.kind}s", f"{self.kind}_names"


class HandMarkers:
    """Makes the markers of one frame after another, and deletes those of hands that went."""

    def __init__(self) -> None:
        self._shown: set[_Key] = set()

    def __call__(self, library: MessageLibrary, frame: SegmentedFrame) -> Any:
        """Return the MarkerArray of a frame."""
        measurements = frame.circumstances.measurements
        return self.message(library, frame.header, frame.segmentation, measurements)

    def message(
        self,
        library: MessageLibrary,
        header: Any,
        segmentation: Segmentation,
        measurements: Mapping[int, Measurement],
    ) -> Any:
        """Return the markers of the hands whose location is known, and deletions of all others."""
        markers: list[Any] = []
        shown: set[_Key] = set()
        for hand in segmentation.hands:
            measured = measurements.get(hand.id)
            if measured is None or measured.location is None:
                continue
            key = _Key.of(hand)
            shown.add(key)
            for marker in (
                _sphere(library.new(_MARKER), key, hand, measured.location),
                _text(library.new(_MARKER), key, hand, measured.location),
            ):
                marker.header = header
                markers.append(marker)
        for key in self._shown - shown:
            markers += [_deletion(library, header, name, key) for name in key.namespaces]
        self._shown = shown
        message = library.new(MARKER_ARRAY)
        message.markers = markers
        return message


def _sphere(marker: Any, key: _Key, hand: Hand, location: Location) -> Any:
    _place(marker, key.namespaces[0], key, location.position)
    marker.type = _SPHERE
    size = marker.scale
    size.x, size.y, size.z = (max(_MIN_SIZE, extent) for extent in location.extent)
    _colour(marker, _COLOURS[hand.side])
    return marker


def _text(marker: Any, key: _Key, hand: Hand, location: Location) -> Any:
    x, y, z = location.position
    # y points down: above the hand
    _place(marker, key.namespaces[1], key, (x, y - location.extent[1] / 2 - _TEXT_HEIGHT, z))
    marker.type = _TEXT_VIEW_FACING
    marker.scale.z = _TEXT_HEIGHT
    _colour(marker, _WHITE)
    side = "" if hand.side is Side.UNKNOWN else f" {hand.side.name.lower()}"
    marker.text = f"{key.number}{side}"
    return marker


def _place(marker: Any, namespace: str, key: _Key, position: tuple[float, float, float]) -> None:
    marker.ns, marker.id, marker.action = namespace, key.number, _ADD
    point = marker.pose.position
    point.x, point.y, point.z = position
    marker.pose.orientation.w = 1.0
    marker.lifetime.sec = _LIFETIME


def _colour(marker: Any, rgba: tuple[float, float, float, float]) -> None:
    marker.color.r, marker.color.g, marker.color.b, marker.color.a = rgba


def _deletion(library: MessageLibrary, header: Any, namespace: str, key: _Key) -> Any:
    marker = library.new(_MARKER)
    marker.header = header
    marker.ns, marker.id, marker.action = namespace, key.number, _DELETE
    return marker
