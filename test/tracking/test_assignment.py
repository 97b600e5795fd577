"""Guards the assignment of tracks to hands: no other pairs cost less in all."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from handseg_ros.tracking.assignment import least_cost_pairs


def _tried_out(costs: np.ndarray) -> float:
    """Return the least sum of all ways to give each row a column, or each column a row."""
    wide = costs if costs.shape[0] <= costs.shape[1] else costs.T
    rows = range(wide.shape[0])
    return float(
        min(
            wide[rows, chosen].sum()
            for chosen in itertools.permutations(range(wide.shape[1]), len(rows))
        )
    )


def _checked_sum(costs: np.ndarray) -> float:
    rows, columns = least_cost_pairs(costs)
    assert len(rows) == len(columns) == min(costs.shape)
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert len(set(columns.tolist())) == len(columns)
    return float(costs[rows, columns].sum())


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1), (2, 2), (3, 3), (3, 5), (5, 3), (5, 5)])
@pytest.mark.parametrize("levels", [2, 4, 1000], ids="{} costs".format)
def test_no_other_pairs_cost_less(shape: tuple[int, int], levels: int) -> None:
    """Few levels make many costs equal, as those of pairs that cannot be are."""
    random = np.random.default_rng(levels)
    for _ in range(20):
        costs = random.integers(-levels, levels, shape) / 7
        assert _checked_sum(costs) == pytest.approx(_tried_out(costs))


@pytest.mark.parametrize("shape", [(255, 255), (40, 90), (90, 40)])
def test_many_are_scipy_s(shape: tuple[int, int]) -> None:
    """Its pairs may be others where costs are equal, their sum is the same."""
    random = np.random.default_rng(0)
    for costs in (random.random(shape), np.minimum(random.integers(0, 40, shape), 8.0)):
        rows, columns = linear_sum_assignment(costs)
        assert _checked_sum(costs) == pytest.approx(costs[rows, columns].sum())


def test_none_with_none() -> None:
    for shape in ((0, 3), (3, 0), (0, 0)):
        rows, columns = least_cost_pairs(np.zeros(shape))
        assert (rows.tolist(), columns.tolist()) == ([], [])


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_costs_that_are_no_numbers_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        least_cost_pairs(np.array([[1.0, wrong]]))
