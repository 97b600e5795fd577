"""A small stand-in for posed bodies: boxes with the parts and landmarks that scenes are made of."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from rendering.body import LANDMARKS, BodyLibrary, Part

BOX_FACES = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
)
CENTRES = {
    Part.TRUNK: (0.0, 0.0, 0.2),
    Part.HEAD: (0.0, -0.1, 0.75),
    Part.EYE: (0.0, -0.19, 0.76),
    Part.ARM: (0.3, -0.2, 0.2),
    Part.LEFT_HAND: (0.2, -0.4, 0.1),
    Part.RIGHT_HAND: (-0.2, -0.4, 0.1),
    Part.LEG: (0.1, 0.0, -0.5),
}
LANDMARK_POSITIONS = {
    "head": (0.0, -0.1, 0.67),
    "eye.L": (0.03, -0.19, 0.76),
    "eye.R": (-0.03, -0.19, 0.76),
    "neck01": (0.0, -0.08, 0.55),
    "spine01": (0.0, -0.04, 0.39),
}


def _box(centre: tuple[float, float, float], half: float) -> np.ndarray:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return corners * half + np.array(centre)


@pytest.fixture(scope="session")
def boxes() -> BodyLibrary:
    """Return three equal bodies of boxes: at a table, waving, with hanging arms."""
    rest = np.concatenate([_box(centre, 0.04) for centre in CENTRES.values()]).astype(np.float32)
    faces = np.concatenate([BOX_FACES + 8 * k for k in range(len(CENTRES))]).astype(np.int32)
    landmarks = np.array(
        [LANDMARK_POSITIONS.get(name, (0.1, -0.1, 0.1)) for name in LANDMARKS], np.float32
    )
    palm = np.array([CENTRES[Part.LEFT_HAND], CENTRES[Part.RIGHT_HAND]], np.float32)
    forward = np.array([[0, -1, 0], [0, -1, 0]], np.float32)
    down = np.array([[0, 0, -1], [0, 0, -1]], np.float32)
    limb = np.full(len(rest), -1.0, np.float32)
    limb[24:32] = np.linspace(0.2, 1.9, 8)
    return BodyLibrary(
        vertices=np.stack([rest] * 3),
        faces=faces,
        uv=np.tile(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32), (len(faces), 1, 1)),
        rest=rest,
        part=np.repeat(np.array(list(CENTRES), np.uint8), 6),
        detail=np.zeros(len(faces), np.uint8),
        limb=limb,
        activity=np.array(["table", "wave", "hang"]),
        seated=np.array([True, False, False]),
        landmarks=np.stack([landmarks] * 3),
        palm=np.stack([palm] * 3),
        fingers=np.stack([forward] * 3),
        normal=np.stack([down] * 3),
    )
