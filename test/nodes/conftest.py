"""The real node in a process of its own, and a robot that talks to it over DDS."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from support.assets import rendered_hands
from support.node import start_node
from support.robot import Robot, a_robot


@pytest.fixture
def robot() -> Iterator[Robot]:
    """Yield a robot of the test's own."""
    with a_robot() as made:
        yield made


@pytest.fixture(scope="session")
def hand_picture() -> np.ndarray:
    """Return the repository's own picture of hands, BGR."""
    return rendered_hands()


@pytest.fixture(scope="module")
def shared_node() -> Iterator[Robot]:
    """Yield a robot beside one node for all tests of a module that leave the node as it was."""
    with start_node(), a_robot() as made:
        yield made
