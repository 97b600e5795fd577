"""The hands in space: where depth measures them, else in which direction the camera sees them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
from foxglove.messages import (
    CameraCalibration,
    Duration,
    LinePrimitive,
    LinePrimitiveLineType,
    PackedElementField,
    PackedElementFieldNumericType,
    Point3,
    PointCloud,
    Pose,
    Quaternion,
    SceneEntity,
    SceneEntityDeletion,
    SceneEntityDeletionType,
    SceneUpdate,
    SpherePrimitive,
    TextPrimitive,
    Vector3,
)

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.points import POINT, points
from handseg_ros.depth.positions import Location
from handseg_ros.nodes.source.camera_calibration import Calibration
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.segmentation.hands import Hand
from handseg_ros.segmentation.overlay import label_text
from handseg_ros.web.foxglove.messages import color_of, timestamp

# Metres in front of the camera, for hands whose distance is not known: where Foxglove draws the
# image too, unless it is told otherwise.
PLANE = 1.0
_TEXT_HEIGHT = 0.05
_THICKNESS = 3.0
# Foxglove drops what is older, should frames stop.
_LIFETIME = Duration(2)
_SPHERE_ALPHA = 0.4
_LEAST_SIZE = 0.02
# `POINT` keeps a colour as the bytes blue, green, red.
_FLOAT, _BYTE = PackedElementFieldNumericType.Float32, PackedElementFieldNumericType.Uint8
_POINT_FIELDS = [
    PackedElementField(name=name, offset=offset, type=kind)
    for name, offset, kind in (
        ("x", 0, _FLOAT),
        ("y", 4, _FLOAT),
        ("z", 8, _FLOAT),
        ("blue", 12, _BYTE),
        ("green", 13, _BYTE),
        ("red", 14, _BYTE),
        ("instance", 16, _BYTE),
    )
]


class CalibratedScene:
    """Makes the messages that need a camera's calibration."""

    def __init__(self, calibration: Calibration) -> None:
        """Raises CalibrationError for what no camera has."""
        of = calibration
        self._calibration = calibration
        self._camera = Camera.of(of.width, of.height, of.k, of.d, of.distortion_model)

    def camera_info(self, frame: SegmentedFrame) -> CameraCalibration:
        """Return the calibration; raises CalibrationError for a frame of another size."""
        self._camera.check(frame.pixels.shape[:2])
        return CameraCalibration(
            timestamp=timestamp(frame.header.stamp),
            frame_id=frame.header.frame_id,
            width=self._calibration.width,
            height=self._calibration.height,
            distortion_model=self._calibration.distortion_model,
            D=list(self._calibration.d),
            K=list(self._calibration.k),
            R=list(self._calibration.r),
            P=list(self._calibration.p),
        )

    def hands(self, frame: SegmentedFrame) -> SceneUpdate:
        """Return outlines and labels, in place of those before.

        They are at the hand's distance, with a sphere of its size, where that is measured, else on
        the plane at `PLANE`. Points are in the camera's optical frame: x right, y down, z forward,
        metres. Raises CalibrationError for a frame of another size.
        """
        self._camera.check(frame.pixels.shape[:2])
        return SceneUpdate(
            deletions=[
                SceneEntityDeletion(
                    timestamp=timestamp(frame.header.stamp), type=SceneEntityDeletionType.All
                )
            ],
            entities=[self._entity(frame, hand) for hand in frame.segmentation.hands],
        )

    def _entity(self, frame: SegmentedFrame, hand: Hand) -> SceneEntity:
        measured = frame.circumstances.measurements.get(hand.id)
        location = None if measured is None else measured.location
        distance = PLANE if location is None else location.position[2]
        rings = self._rings(hand, distance)
        color = color_of(hand)
        every = np.concatenate([*rings, np.zeros((0, 3))])
        texts = []
        if len(every):
            above = every[:, 1].min() - _TEXT_HEIGHT
            texts = [
                TextPrimitive(
                    pose=_at((float(every[:, 0].mean()), float(above), distance)),
                    billboard=True,
                    font_size=_TEXT_HEIGHT,
                    color=color,
                    text=label_text(hand),
                )
            ]
        return SceneEntity(
            timestamp=timestamp(frame.header.stamp),
            frame_id=frame.header.frame_id,
            id=f"track {hand.track_id}" if hand.track_id else f"hand {hand.id}",
            lifetime=_LIFETIME,
            lines=[
                LinePrimitive(
                    type=LinePrimitiveLineType.LineLoop,
                    pose=_at((0.0, 0.0, 0.0)),
                    thickness=_THICKNESS,
                    scale_invariant=True,
                    points=[Point3(x=float(x), y=float(y), z=float(z)) for x, y, z in ring],
                    color=color,
                )
                for ring in rings
            ],
            texts=texts,
            spheres=[] if location is None else [_sphere(location, hand)],
        )

    def _rings(self, hand: Hand, distance: float) -> list[np.ndarray]:
        """Return outlines through the middle of pixels, each float (points, 3), metres."""
        rays = self._camera.rays(hand.box)
        found, _ = cv2.findContours(hand.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        rings = []
        for contour in found:
            columns, rows = contour[:, 0].T
            seen = rays[rows, columns]
            seen = seen[np.isfinite(seen).all(axis=1)]
            rings.append(distance * np.column_stack([seen, np.ones(len(seen))]))
        return [ring for ring in rings if len(ring)]


def hand_points(frame: SegmentedFrame) -> PointCloud:
    """Return the hands' points, none without depth; x, y and z in metres, and the hand's id."""
    hands = frame.segmentation.hands
    regions = [(hand.id, hand.box, hand.mask) for hand in hands]
    cloud = np.zeros(0, POINT)
    if frame.depth is not None:
        cloud = points(frame.depth.view, regions, frame.pixels, frame.options.voxel_size)
    return PointCloud(
        timestamp=timestamp(frame.header.stamp),
        frame_id=frame.header.frame_id,
        pose=_at((0.0, 0.0, 0.0)),
        point_stride=POINT.itemsize,
        fields=_POINT_FIELDS,
        data=cloud.tobytes(),
    )


def _sphere(location: Location, hand: Hand) -> SpherePrimitive:
    color = color_of(hand, _SPHERE_ALPHA)
    width, height, depth = (max(_LEAST_SIZE, extent) for extent in location.extent)
    return SpherePrimitive(
        pose=_at(location.position), size=Vector3(x=width, y=height, z=depth), color=color
    )


def _at(place: tuple[float, float, float]) -> Pose:
    x, y, z = place
    return Pose(position=Vector3(x=x, y=y, z=z), orientation=Quaternion(x=0.0, y=0.0, z=0.0, w=1.0))
