"""The repository's own RGB-D scene: colour, depth, calibration, and where its hands truly are."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import yaml

from handseg_ros.depth.camera import Camera
from handseg_ros.segmentation.hands import Box
from rendering import ids

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "rgbd_scene"


@dataclass(frozen=True)
class TrueHand:
    """A hand as rendered: its box and mask (0 or 255), side, and position in metres [3]."""

    box: Box
    mask: np.ndarray
    side: str
    position: np.ndarray


@dataclass(frozen=True)
class SceneFrame:
    """BGR, depth (uint16, millimetres) and the hands of one frame, by its name."""

    name: str
    bgr: np.ndarray
    depth: np.ndarray
    hands: tuple[TrueHand, ...]


def scene_camera() -> Camera:
    """Return the calibration that all frames share."""
    content = yaml.safe_load((FOLDER / "camera.yaml").read_text())
    return Camera.of(
        content["image_width"],
        content["image_height"],
        content["camera_matrix"]["data"],
        content["distortion_coefficients"]["data"],
        content["distortion_model"],
    )


def scene_frames() -> list[SceneFrame]:
    """Return all frames, from the nearest to the farthest."""
    truth = json.loads((FOLDER / "truth.json").read_text())
    return [_frame(name, truth[name]) for name in sorted(truth)]


def _frame(name: str, truth: list[dict]) -> SceneFrame:
    bgr = _read(FOLDER / "images" / f"{name}.jpg")
    depth = _read(FOLDER / "depth" / f"{name}.png")
    marks = ids.decode(_read(FOLDER / "ids" / f"{name}.png"))
    hands = tuple(_hand(marks == hand["id"], hand["side"], hand["position"]) for hand in truth)
    return SceneFrame(name, bgr, depth, hands)


def _hand(own: np.ndarray, side: str, position: list[float]) -> TrueHand:
    box = Box(*cv2.boundingRect(own.astype(np.uint8)))
    mask = own[box.slices].astype(np.uint8) * 255
    return TrueHand(box, mask, side, np.array(position))


def _read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None, path
    return picture
