"""Surfaces that a depth camera sees, with a sensor's noise, and masks of them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.view import View
from handseg_ros.segmentation.decoders.regions import UnassignedPixels
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Timings

SIZE = (480, 640)


def pinhole(size: tuple[int, int] = SIZE, focal: float = 525.0) -> Camera:
    """Return a camera of (height, width), without distortion, that looks along the middle."""
    height, width = size
    k = (focal, 0.0, (width - 1) / 2, 0.0, focal, (height - 1) / 2, 0.0, 0.0, 1.0)
    return Camera.of(width, height, k, (), "")


def _directions(camera: Camera) -> np.ndarray:
    """Return (x/z, y/z, 1) of each pixel, float64 (height, width, 3)."""
    rays = camera.rays(Box(0, 0, camera.width, camera.height)).astype(np.float64)
    return np.dstack((rays, np.ones(camera.size)))


def plane(
    camera: Camera, through: tuple[float, float, float], normal: tuple[float, float, float]
) -> np.ndarray:
    """Return the depth, in metres, of a plane through a point: float64 (height, width)."""
    return float(np.dot(through, normal)) / (_directions(camera) @ np.array(normal))


def wall(camera: Camera, depth: float) -> np.ndarray:
    """Return the depth of a plane that faces the camera, so many metres away."""
    return plane(camera, (0, 0, depth), (0, 0, 1))


def sphere(camera: Camera, centre: tuple[float, float, float], radius: float) -> np.ndarray:
    """Return the depth of a sphere, infinite beside it: float64 (height, width)."""
    directions, middle = _directions(camera), np.array(centre)
    squares, along = (directions**2).sum(axis=-1), directions @ middle
    inner = along**2 - squares * (middle @ middle - radius**2)
    with np.errstate(invalid="ignore"):
        return np.where(inner >= 0, (along - np.sqrt(inner)) / squares, np.inf)


def structured_light(depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what a Kinect makes of a depth image in metres: uint16, millimetres, 0 = not known.

    Noise along the axis of 1.2 + 1.9 (z - 0.4)^2 millimetres, z in metres (Nguyen, Izadi and
    Lovell, "Modeling Kinect Sensor Noise for Improved 3D Reconstruction and Tracking", 2012), holes
    in 5 % of the pixels, and in most pixels at an edge a depth from anywhere between its sides.
    """
    near, far = cv2.erode(depth, np.ones((3, 3))), cv2.dilate(depth, np.ones((3, 3)))
    flying = (far - near > 0.02) & (rng.random(depth.shape) < 0.7)
    smeared = np.where(flying, near + rng.random(depth.shape) * (far - near), depth)
    noise = rng.normal(size=depth.shape) * (0.0012 + 0.0019 * (depth - 0.4) ** 2)
    picture = np.rint(1000 * (smeared + noise)).astype(np.uint16)
    picture[rng.random(depth.shape) < 0.05] = 0
    return picture


def millimetres(depth: np.ndarray) -> DepthImage:
    """Return a depth image, encoding 16UC1, of depth in metres without noise."""
    return DepthImage(np.rint(1000 * depth).astype(np.uint16))


def hand_of(mask: np.ndarray, number: int = 1) -> Hand:
    """Return the hand of a mask of the whole image, bool (height, width)."""
    whole = Box(0, 0, mask.shape[1], mask.shape[0])
    region = UnassignedPixels.of(mask.shape).assign(mask, whole, score=0.9, min_area=1)
    assert region is not None
    return region.as_hand(number)


def segmentation_of(*masks: np.ndarray) -> Segmentation:
    """Return the segmentation whose hands, from id 1, have these masks of the whole image."""
    hands = tuple(hand_of(mask, number) for number, mask in enumerate(masks, start=1))
    height, width = masks[0].shape
    return Segmentation(height, width, hands, Timings(0, 0, 0))


def rectangle(box: Box, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return the mask of a box's pixels in an image of (height, width): bool."""
    mask = np.zeros(size, bool)
    mask[box.slices] = True
    return mask


def view_of(depth: np.ndarray, camera: Camera) -> View:
    """Return the view of depth in metres without noise."""
    return View(millimetres(depth), camera)
