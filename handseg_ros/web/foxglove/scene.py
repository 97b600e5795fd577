"""The hands in space, of a calibrated camera: where each is seen, without depth at one distance."""

from __future__ import annotations

import cv2
import numpy as np
from foxglove.messages import (
    CameraCalibration,
    Duration,
    LinePrimitive,
    LinePrimitiveLineType,
    Point3,
    Pose,
    Quaternion,
    SceneEntity,
    SceneEntityDeletion,
    SceneEntityDeletionType,
    SceneUpdate,
    TextPrimitive,
    Vector3,
)

from handseg_ros.depth.camera import Camera
from handseg_ros.nodes.source.camera_calibration import Calibration
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.segmentation.hands import Hand
from handseg_ros.segmentation.overlay import label_text
from handseg_ros.web.foxglove.messages import color_of, timestamp

# Metres in front of the camera: where Foxglove draws the image too, unless it is told otherwise.
PLANE = 1.0
_TEXT_HEIGHT = 0.05
_THICKNESS = 3.0
# Foxglove drops what is older, should frames stop.
_LIFETIME = Duration(2)


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
        """Return outlines and labels on the plane at `PLANE`, in place of those before.

        Points are in the camera's optical frame: x right, y down, z forward, metres. Raises
        CalibrationError for a frame of another size.
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
        rings = self._rings(hand)
        color = color_of(hand)
        every = np.concatenate([*rings, np.zeros((0, 3))])
        texts = []
        if len(every):
            x, y = every[:, 0].mean(), every[:, 1].min() - _TEXT_HEIGHT
            texts = [
                TextPrimitive(
                    pose=_at(float(x), float(y)),
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
                    pose=_at(0.0, 0.0, 0.0),
                    thickness=_THICKNESS,
                    scale_invariant=True,
                    points=[Point3(x=float(x), y=float(y), z=float(z)) for x, y, z in ring],
                    color=color,
                )
                for ring in rings
            ],
            texts=texts,
        )

    def _rings(self, hand: Hand) -> list[np.ndarray]:
        """Return outlines through the middle of pixels, each float (points, 3), metres."""
        rays = self._camera.rays(hand.box)
        found, _ = cv2.findContours(hand.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        rings = []
        for contour in found:
            columns, rows = contour[:, 0].T
            seen = rays[rows, columns]
            seen = seen[np.isfinite(seen).all(axis=1)]
            rings.append(PLANE * np.column_stack([seen, np.ones(len(seen))]))
        return [ring for ring in rings if len(ring)]


def _at(x: float, y: float, z: float = PLANE) -> Pose:
    return Pose(position=Vector3(x=x, y=y, z=z), orientation=Quaternion(x=0.0, y=0.0, z=0.0, w=1.0))
