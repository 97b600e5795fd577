"""Ellipses as tools draw them, upright and turned, as masks."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import numpy as np

from handseg_ros.datasets.lazy_frames import UnusableError

XY = tuple[float, float]


def ellipse_mask(middle: XY, radii: XY, degrees: float, shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels whose middles lie in an ellipse, bool (H, W) of a picture of `shape`.

    In pixels; turned clockwise, as one sees a picture, around its middle. Raises UnusableError for
    what is no finite number, and for radii that are not above 0.
    """
    if not all(map(math.isfinite, (*middle, *radii, degrees))) or min(radii) <= 0:
        raise UnusableError("an ellipse of its label has no finite middle, radii above 0 and angle")
    y, x = np.ogrid[: shape[0], : shape[1]]
    right, down = x + 0.5 - middle[0], y + 0.5 - middle[1]
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    across, along = right * cosine + down * sine, down * cosine - right * sine
    return np.asarray((across / radii[0]) ** 2 + (along / radii[1]) ** 2 <= 1)
