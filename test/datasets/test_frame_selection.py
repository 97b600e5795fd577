"""Guards which frames are given to people: the doubtful ones, by the definition that is given."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.datasets.frame_selection import (
    Uncertainty,
    lowered_thresholds,
    most_uncertain,
    uncertainty_of,
)
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings


def _found(*scores: float) -> Segmentation:
    hands = tuple(
        Hand(number, Side.LEFT, 0.9, score, Box(0, 0, 1, 1), np.ones((1, 1), np.uint8), 1, (0, 0))
        for number, score in enumerate(scores, start=1)
    )
    return Segmentation(4, 4, hands, Timings(0, 0, 0))


@pytest.mark.parametrize(
    ("scores", "doubt"),
    [
        ([], 0.0),
        ([0.4], 1.0),
        ([1.0], 0.0),
        ([0.0], 0.0),
        ([0.7], 0.5),
        ([0.2], 0.5),
        ([0.95, 0.3, 1.0], 0.75),
    ],
)
def test_doubt_is_how_close_the_closest_score_is(scores: list[float], doubt: float) -> None:
    assert uncertainty_of(_found(*scores), 0.4) == pytest.approx(doubt)


@pytest.mark.parametrize("least", [0.0, 1.0])
def test_thresholds_at_the_ends_have_a_doubt_too(least: float) -> None:
    assert uncertainty_of(_found(least), least) == 1.0
    assert uncertainty_of(_found(1.0 - least), least) == 0.0


def test_hands_nearly_found_are_looked_at() -> None:
    own = Thresholds(score=0.5, mask=0.4, minimum_area=0.001)
    assert lowered_thresholds(own) == Thresholds(score=0.25, mask=0.4, minimum_area=0.001)


def _series(*amounts: float) -> list[Uncertainty]:
    return [Uncertainty(index, 100 * index, amount) for index, amount in enumerate(amounts)]


def test_the_most_doubtful_are_taken_and_of_equal_ones_the_earliest() -> None:
    assert most_uncertain(_series(0.1, 0.9, 0.5, 0.9, 0.9), 2, 0) == {1, 3}
    assert most_uncertain(_series(0.1, 0.9), 5, 0) == {0, 1}


def test_no_two_are_closer_than_wanted() -> None:
    assert most_uncertain(_series(0.8, 0.9, 0.85, 0.1, 0.2), 3, 200) == {1, 4}
