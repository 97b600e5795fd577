"""Guards masks from landmarks: they hold the hand, follow its colour, and stay at their hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
import pytest

from compare.skin_refinement import BONES, bones, hand_mask, palm_length, widened_hull

SIZE = (240, 320)
WALL, SKIN, DARK_SKIN = (120, 110, 60), (120, 150, 205), (30, 42, 68)


def spread_hand() -> np.ndarray:
    """Return landmarks (21, 2) of a hand with spread fingers: wrist below, fingers up."""
    points = [(160.0, 200.0)]
    for index, angle in enumerate(np.deg2rad([150, 115, 90, 68, 45])):
        base = np.array([120.0 + 20 * index, 130.0])
        for step in range(4):
            points.append(tuple(base + 18 * step * np.array([np.cos(angle), -np.sin(angle)])))
    return np.array(points)


def painted(landmarks: np.ndarray, skin: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return a noisy picture, BGR, of the hand before a wall, and where the hand is."""
    hand = np.zeros(SIZE, np.uint8)
    points = np.rint(landmarks).astype(int)
    for start, end in BONES:
        cv2.line(hand, tuple(points[start].tolist()), tuple(points[end].tolist()), 1, 15)
    cv2.fillPoly(hand, [points[[0, 1, 5, 9, 13, 17]].astype(np.int32)], 1)
    image = np.where(hand[..., None] > 0, np.array(skin), np.array(WALL)).astype(float)
    noise = np.random.default_rng(3).normal(0, 4, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), hand > 0


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return np.count_nonzero(one & other) / np.count_nonzero(one | other)


@pytest.mark.parametrize("skin", [SKIN, DARK_SKIN])
def test_the_mask_is_the_hand_whatever_its_tone(skin: tuple[int, int, int]) -> None:
    landmarks = spread_hand()
    image, hand = painted(landmarks, skin)
    mask = hand_mask(image, landmarks)
    assert iou(mask, hand) > 0.9
    assert iou(widened_hull(landmarks, SIZE), hand) < 0.7


def test_something_of_the_same_colour_beside_the_hand_is_not_the_hand() -> None:
    landmarks = spread_hand()
    image, hand = painted(landmarks, SKIN)
    cv2.circle(image, (30, 30), 25, SKIN, -1)
    assert iou(hand_mask(image, landmarks), hand) > 0.9


def test_a_hand_half_outside_the_picture_and_one_wholly_outside() -> None:
    landmarks = spread_hand()
    image, _ = painted(landmarks, SKIN)
    assert hand_mask(image, landmarks - np.array([200, 0])).shape == SIZE
    assert not hand_mask(image, landmarks + np.array([1000, 0])).any()


def test_a_picture_of_one_colour_has_its_bones_at_least() -> None:
    landmarks = spread_hand()
    mask = hand_mask(np.full((*SIZE, 3), 90, np.uint8), landmarks)
    assert mask[bones(landmarks, SIZE)].mean() > 0.9
    assert palm_length(np.zeros((21, 2))) == 1.0
