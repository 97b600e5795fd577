"""The linear assignment problem: which rows and columns go together so that the sum is least."""

# SciPy solves it too, but loading `scipy.optimize` took a third of all that a node's start takes.

from __future__ import annotations

import numpy as np


def least_cost_pairs(costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows, in order, and their columns whose costs (rows, columns) add up to the least.

    Every row is in a pair, or every column where there are fewer. Raises ValueError where a cost is
    no finite number.

    By shortest augmenting paths, after Crouse, "On implementing 2D rectangular assignment
    algorithms" (2016): row after row gets the column that it reaches at the least cost, also over
    rows that give up theirs for another.
    """
    if not np.isfinite(costs).all():
        raise ValueError("each cost should be a finite number")
    if costs.shape[0] > costs.shape[1]:
        columns, rows = least_cost_pairs(costs.T)
        order = np.argsort(rows)
        return rows[order], columns[order]
    cheapest = costs.argmin(axis=1) if costs.size else np.zeros(0, int)
    if len(set(cheapest.tolist())) == len(cheapest) == costs.shape[0]:
        return np.arange(costs.shape[0]), cheapest  # hands that are apart
    solution = _Solution(costs)
    for row in range(costs.shape[0]):
        solution.add(row)
    return np.arange(costs.shape[0]), solution.column_of


class _Solution:
    """The pairs of the rows so far, and the prices that prove that no others cost less.

    A cost less the prices of its row and its column is never negative, and 0 for each pair.
    """

    def __init__(self, costs: np.ndarray) -> None:
        self._costs = costs
        self._row_prices = np.zeros(costs.shape[0])
        self._column_prices = np.zeros(costs.shape[1])
        self.column_of = np.full(costs.shape[0], -1)
        self._row_of = np.full(costs.shape[1], -1)

    def add(self, first: int) -> None:
        """Find a column for one more row."""
        row, cost = first, 0.0
        least = np.full(len(self._column_prices), np.inf)
        reached_from = np.full(len(self._column_prices), -1)
        settled = np.zeros(len(self._column_prices), bool)
        while True:
            through = cost + self._costs[row] - self._row_prices[row] - self._column_prices
            cheaper = ~settled & (through < least)
            least[cheaper], reached_from[cheaper] = through[cheaper], row
            column = int(np.where(settled, np.inf, least).argmin())
            cost = float(least[column])
            if self._row_of[column] < 0:
                break
            settled[column] = True
            row = int(self._row_of[column])
        saved = cost - least[settled]
        self._row_prices[first] += cost
        self._row_prices[self._row_of[settled]] += saved
        self._column_prices[settled] -= saved
        self._hand_over(first, column, reached_from)

    def _hand_over(self, first: int, column: int, reached_from: np.ndarray) -> None:
        """Give a free column to the row that reached it, and that row's own to the one before."""
        while True:
            row = int(reached_from[column])
            self._row_of[column] = row
            given_up = int(self.column_of[row])
            self.column_of[row] = column
            if row == first:
                return
            column = given_up
