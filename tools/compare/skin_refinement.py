"""From the landmarks of a hand to its mask: their hull, and in it what has the hand's own colour.

Landmarks lie inside fingers, so their hull is widened first. The colour is learned from the bones
between the landmarks of the same picture, so no skin tone is assumed.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

# MediaPipe's 21 landmarks: 0 the wrist, 4 a finger from its base to its tip.
WRIST, MIDDLE_BASE = 0, 9
_FINGERS = tuple(tuple(range(first, first + 4)) for first in (1, 5, 9, 13, 17))
BONES = (
    *((finger[k], finger[k + 1]) for finger in _FINGERS for k in range(3)),
    *((WRIST, base) for base in (1, 5, 9, 13, 17)),
    *((5, 9), (9, 13), (13, 17)),
)
# In palm lengths, from the wrist to the base of the middle finger.
_WIDENED = 0.22
_BONE = 0.09
_SMOOTHED = 0.05
# Squared Mahalanobis distance below which 99 % of normally distributed colours (three values) lie.
_NEAR = 11.3
# Smallest variance of a colour value, for pictures whose bones are of one colour.
_LEAST_VARIANCE = 16.0


def palm_length(landmarks: np.ndarray) -> float:
    """Return the pixels from the wrist to the middle finger's base; landmarks are (21, 2), x, y."""
    return max(1.0, float(np.linalg.norm(landmarks[MIDDLE_BASE] - landmarks[WRIST])))


def widened_hull(landmarks: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the convex hull of the landmarks (21, 2), widened to the skin: bool (H, W)."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(landmarks).astype(np.int32)), 1)
    return cv2.dilate(mask, _disk(_WIDENED * palm_length(landmarks))) > 0


def bones(landmarks: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the lines between the landmarks, thin enough to lie on the hand: bool (H, W)."""
    mask = np.zeros(shape, np.uint8)
    points = np.rint(landmarks).astype(int)
    thickness = max(1, round(_BONE * palm_length(landmarks)))
    for start, end in BONES:
        cv2.line(mask, tuple(points[start].tolist()), tuple(points[end].tolist()), 1, thickness)
    return mask > 0


def hand_mask(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Return the hand that has these landmarks: bool (H, W).

    `image` is uint8 (H, W, 3), BGR; `landmarks` (21, 2) are x and y in pixels and may lie outside.
    """
    mask = np.zeros(image.shape[:2], bool)
    rows, columns = _around(landmarks, image.shape)
    crop = image[rows, columns]
    if crop.size:
        mask[rows, columns] = _mask_in(crop, landmarks - [columns.start, rows.start])
    return mask


def _around(landmarks: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the rows and columns that the widened hull lies in."""
    margin = (_WIDENED + _SMOOTHED) * palm_length(landmarks) + 2
    limits = np.array([shape[1], shape[0]])
    left, top = np.clip(np.floor(landmarks.min(axis=0) - margin), 0, limits).astype(int).tolist()
    right, bottom = np.clip(np.ceil(landmarks.max(axis=0) + margin), 0, limits).astype(int).tolist()
    return slice(top, bottom), slice(left, right)


def _mask_in(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    shape = image.shape[0], image.shape[1]
    hull, lines = widened_hull(landmarks, shape), bones(landmarks, shape)
    if not lines.any():
        return hull
    coloured = hull & (_distance(image, lines) <= _NEAR)
    smooth = _disk(_SMOOTHED * palm_length(landmarks))
    closed = cv2.morphologyEx((coloured | lines).astype(np.uint8), cv2.MORPH_CLOSE, smooth)
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, smooth)
    return _touching(opened, lines) & hull


def _distance(image: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Return the squared Mahalanobis distance of each pixel to the colours of the lines."""
    colours = cv2.cvtColor(image, cv2.COLOR_BGR2LAB).astype(np.float32)
    own = colours[lines]
    middle = np.median(own, axis=0)
    covariance = np.cov(own, rowvar=False) if len(own) > 3 else np.zeros((3, 3))
    inverse = np.linalg.inv(covariance + np.eye(3) * _LEAST_VARIANCE)
    off = colours - middle
    return np.einsum("hwi,ij,hwj->hw", off, inverse, off)


def _touching(mask: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Return the connected pieces of a mask that a line goes through."""
    _, pieces = cv2.connectedComponents(mask)
    kept = np.unique(pieces[lines & (mask > 0)])
    return np.isin(pieces, kept[kept > 0])


def _disk(radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
