"""Instance ids of rendered hands and how they are written in the id pictures.

0 is background; person k (from 0) has 2k + 1 for the left and 2k + 2 for the right hand. The
pictures hold round(25.5 * id), so that they can be looked at.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP = 25.5
HIGHEST = 10


def left_hand(person: int) -> int:
    """Id of a person's left hand."""
    return 2 * person + 1


def right_hand(person: int) -> int:
    """Id of a person's right hand."""
    return 2 * person + 2


def encode(ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Picture values of ids. Raises ValueError for an id over ``HIGHEST``."""
    if ids.size and int(ids.max()) > HIGHEST:
        raise ValueError(f"id {int(ids.max())} cannot be written: the highest is {HIGHEST}")
    # Half up, where numpy would round 25.5 to even.
    return np.floor(ids * STEP + 0.5).astype(np.uint8)


def decode(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ids of picture values."""
    return np.rint(picture / STEP).astype(np.uint8)


def emission(instance: int) -> float:
    """Light that a surface must send out to be written as ``encode`` does, 0 to 1."""
    return instance / HIGHEST
