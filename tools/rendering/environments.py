"""Where a scene plays: which cameras, which poses, which light and what stands around (numpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.cameras import VIEWS


@dataclass(frozen=True)
class Environment:
    """chance: how often; views, hand_free_views: shares of cameras in scenes with and without
    hands; activities: those of the first person, empty for any; steel: whether walls, floor and
    table are metal or paint and a robot's arm may stand there; studio: chance of one hard lamp
    before a dark or an even background; alone: chance that nobody else is there."""

    chance: float
    views: Mapping[str, float]
    hand_free_views: Mapping[str, float]
    activities: tuple[str, ...] = ()
    steel: bool = False
    studio: float = 0.0
    alone: float = 0.58

    def view_chances(self, hand_free: bool) -> NDArray[np.float64]:
        """Chances of ``cameras.VIEWS`` [len(VIEWS)], which add up to 1."""
        shares = self.hand_free_views if hand_free else self.views
        values = np.array([shares.get(view, 0.0) for view in VIEWS])
        chances: NDArray[np.float64] = values / values.sum()
        return chances


ENVIRONMENTS = (
    Environment(
        0.6,
        {
            "head": 0.34, "tabletop": 0.12, "ceiling": 0.1, "side": 0.16, "webcam": 0.14,
            "cell": 0.1, "portrait": 0.04,
        },
        {
            "head": 0.1, "tabletop": 0.1, "ceiling": 0.08, "side": 0.3, "webcam": 0.3,
            "cell": 0.06, "portrait": 0.06,
        },
    ),
    # A robot's cell: cameras on its walls, its roof and its frame.
    Environment(
        0.2,
        {"cell": 0.4, "ceiling": 0.22, "side": 0.24, "tabletop": 0.06, "head": 0.08},
        {"cell": 0.3, "ceiling": 0.15, "side": 0.4, "tabletop": 0.1, "head": 0.05},
        steel=True,
        alone=0.75,
    ),
    # A portrait: hands at chin and cheek, held before the face or folded below it.
    Environment(
        0.2,
        {"portrait": 0.7, "webcam": 0.25, "side": 0.05},
        {"portrait": 0.75, "webcam": 0.25},
        activities=("chin", "face", "clasp", "wave", "show"),
        studio=0.5,
        alone=0.85,
    ),
)  # fmt: skip


def draw(rng: np.random.Generator) -> Environment:
    """One of ``ENVIRONMENTS`` by its chance."""
    return ENVIRONMENTS[
        int(rng.choice(len(ENVIRONMENTS), p=[environment.chance for environment in ENVIRONMENTS]))
    ]
