"""A robot for the tests of faults, and the pictures that its camera sends."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings
from sensor_msgs.msg import Image
from support.accounts import settled
from support.camera_images import image_message
from support.cases import NIGHTLY
from support.node import start_node
from support.processes import RunningProcess
from support.robot import Robot, a_robot

# pytest's option --hypothesis-profile looks for it before any test is read.
settings.register_profile(NIGHTLY)


@pytest.fixture
def robot() -> Iterator[Robot]:
    """Yield a robot of the test's own."""
    with a_robot() as made:
        yield made


@pytest.fixture(scope="module")
def node() -> Iterator[RunningProcess]:
    """Yield a node for all tests of a module: what one of them does to it, the next one meets."""
    with start_node("model:=hands_fast", "stale_timeout:=3.0") as process:
        yield process


@pytest.fixture(scope="module")
def beside(node: RunningProcess) -> Iterator[Robot]:
    """Yield a robot beside that node, whose camera runs; all images get their account."""
    with a_robot() as made:
        made.listen("hands", "mask", "overlay")
        made.open_camera()
        assert made.wait_for(lambda: made.watchers), node.output()
        yield made
        settled(made)
        assert node.stop() == 0


@pytest.fixture(scope="session")
def small_image() -> Image:
    """Return a small black image, which the node answers quickly."""
    return image_message(np.zeros((120, 160, 3), np.uint8), "bgr8")
