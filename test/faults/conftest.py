"""A robot for the tests of faults, and the pictures that its camera sends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings
from sensor_msgs.msg import Image
from support.camera_images import image_message
from support.cases import NIGHTLY
from support.robot import Robot, a_robot

# pytest's option --hypothesis-profile looks for it before any test is read.
settings.register_profile(NIGHTLY)


@pytest.fixture
def robot() -> Iterator[Robot]:
    """Yield a robot of the test's own."""
    with a_robot() as made:
        yield made


@pytest.fixture(scope="session")
def small_image() -> Image:
    """Return a small black image, which the node answers quickly."""
    return image_message(np.zeros((120, 160, 3), np.uint8), "bgr8")
