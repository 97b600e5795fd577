"""Worked-out network outputs for the tests of the core."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from handseg_ros.segmentation.description import (
    InputDescription,
    ModelDescription,
    Thresholds,
)

STRIDE = 4
ROWS, COLUMNS = 64, 80
CERTAIN = 6.0


@pytest.fixture
def description() -> ModelDescription:
    """Return the description of a bottom-up model with an input of 320x256 pixels."""
    return ModelDescription(
        name="worked-out",
        version="1",
        family="bottom_up",
        classes=("background", "hand"),
        input=InputDescription(
            name="image",
            layout="NHWC",
            dtype="uint8",
            colour="RGB",
            width=320,
            height=256,
            multiple_of=32,
            resize="letterbox",
        ),
        outputs={"maps": "maps"},
        stride=STRIDE,
        thresholds=Thresholds(score=0.5, mask=0.5, minimum_area=0.0005),
        licence="Apache-2.0",
    )


@pytest.fixture
def empty_maps() -> np.ndarray:
    """Return the maps (5, rows, columns) of a frame without a hand."""
    maps = np.zeros((5, ROWS, COLUMNS), np.float32)
    maps[:2] = -CERTAIN
    return maps


@pytest.fixture
def add_disc() -> Callable[..., None]:
    """Return a function that paints a round hand into maps, all in cells."""

    def add(maps: np.ndarray, column: float, row: float, radius: float, side: float = 5.0) -> None:
        rows, columns = np.mgrid[: maps.shape[1], : maps.shape[2]]
        squared = (columns - column) ** 2 + (rows - row) ** 2
        inside = squared < radius**2
        maps[0][inside] = CERTAIN
        maps[1] = np.maximum(maps[1], CERTAIN - 0.3 * squared)
        maps[2][inside] = (column - columns[inside]) * STRIDE
        maps[3][inside] = (row - rows[inside]) * STRIDE
        maps[4][inside] = side

    return add
