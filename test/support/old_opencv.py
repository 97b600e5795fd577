"""What an old OpenCV cannot do, for tests that ask more of it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import pytest

ONE_PIXEL = pytest.param(
    (1, 1),
    marks=pytest.mark.skipif(
        tuple(int(part) for part in cv2.__version__.split(".")[:2]) < (4, 6),
        reason="OpenCV 4.5 takes no colour image of one pixel: 'Assertion failed _step >= minstep'",
    ),
)
