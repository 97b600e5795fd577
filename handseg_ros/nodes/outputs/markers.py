"""The hands as markers for RViz: a sphere where each is, and a text that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from handseg_ros.depth.positions import Location, Measurement
from handseg_ros.segmentation.hands import Hand, Segmentation, Side

_COLOURS = {
    Side.UNKNOWN: ColorRGBA(r=0.8, g=0.8, b=0.8, a=0.6),
    Side.LEFT: ColorRGBA(r=0.2, g=0.6, b=1.0, a=0.6),
    Side.RIGHT: ColorRGBA(r=1.0, g=0.6, b=0.2, a=0.6),
}
_WHITE = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
# Metres: a hand that is seen edge-on is still shown, and its text stands above it.
_MIN_SIZE = 0.02
_TEXT_HEIGHT = 0.05
# RViz drops a marker by itself after this many seconds, should the node or its camera fall silent.
_LIFETIME = Duration(sec=2)


@dataclass(frozen=True)
class _Key:
    """Which hand a marker is of: by its track, or by its id in the frame where it has none."""

    kind: str
    number: int

    @classmethod
    def of(cls, hand: Hand) -> _Key:
        """Return the key of a hand."""
        return cls("track", hand.track_id) if hand.track_id else cls("hand", hand.id)


class HandMarkers:
    """Makes the markers of one frame after another, and deletes those of hands that went."""

    def __init__(self) -> None:
        self._shown: set[_Key] = set()

    def message(
        self, header: Header, segmentation: Segmentation, measurements: Mapping[int, Measurement]
    ) -> MarkerArray:
        """Return the markers of the hands whose place is known, and deletions of all others."""
        markers: list[Marker] = []
        shown: set[_Key] = set()
        for hand in segmentation.hands:
            measured = measurements.get(hand.id)
            if measured is None or measured.location is None:
                continue
            key = _Key.of(hand)
            shown.add(key)
            markers += [_sphere(header, key, hand, measured.location)]
            markers += [_text(header, key, hand, measured.location)]
        for key in self._shown - shown:
            markers += [_deletion(header, namespace, key) for namespace in _namespaces(key)]
        self._shown = shown
        return MarkerArray(markers=markers)


def _namespaces(key: _Key) -> tuple[str, str]:
    """Return the namespaces of a hand's sphere and of its text."""
    return f"{key.kind}s", f"{key.kind}_names"


def _marker(header: Header, namespace: str, key: _Key, position: Point) -> Marker:
    return Marker(
        header=header,
        ns=namespace,
        id=key.number,
        action=Marker.ADD,
        pose=Pose(position=position, orientation=Quaternion(w=1.0)),
        lifetime=_LIFETIME,
    )


def _sphere(header: Header, key: _Key, hand: Hand, location: Location) -> Marker:
    x, y, z = location.position
    marker = _marker(header, _namespaces(key)[0], key, Point(x=x, y=y, z=z))
    marker.type = Marker.SPHERE
    width, height, depth = (max(_MIN_SIZE, size) for size in location.extent)
    marker.scale = Vector3(x=width, y=height, z=depth)
    marker.color = _COLOURS[hand.side]
    return marker


def _text(header: Header, key: _Key, hand: Hand, location: Location) -> Marker:
    x, y, z = location.position
    # y points down: above the hand
    above = Point(x=x, y=y - location.extent[1] / 2 - _TEXT_HEIGHT, z=z)
    marker = _marker(header, _namespaces(key)[1], key, above)
    marker.type = Marker.TEXT_VIEW_FACING
    marker.scale = Vector3(z=_TEXT_HEIGHT)
    marker.color = _WHITE
    side = "" if hand.side is Side.UNKNOWN else f" {hand.side.name.lower()}"
    marker.text = f"{key.number}{side}"
    return marker


def _deletion(header: Header, namespace: str, key: _Key) -> Marker:
    return Marker(header=header, ns=namespace, id=key.number, action=Marker.DELETE)
