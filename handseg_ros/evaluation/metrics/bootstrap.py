"""How far a figure can be trusted: intervals by bootstrap over sequences, always the same.

Frames of one sequence resemble each other, so sequences are drawn, not frames: the cluster
bootstrap of Field and Welsh, "Bootstrapping Clustered Data", JRSS B 2007, with the percentile
intervals of Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95
# Fewer sequences than this make intervals that say little, and no test.
FEW_SEQUENCES = 10
_SEED = 0
# Bounds the memory of one piece of draws, in numbers.
_PIECE = 1_000_000


@dataclass(frozen=True)
class Interval:
    """What `LEVEL` of the resampled values lie between."""

    low: float
    high: float


def draws(sequences: int, resamples: int = RESAMPLES) -> Iterator[np.ndarray]:
    """Yield how often each sequence is drawn, float64 (some resamples, sequences), piece by piece.

    As many are drawn as there are, with repetition; the draws depend on their number alone.
    """
    random = np.random.default_rng(_SEED)
    most = max(1, _PIECE // sequences)
    for first in range(0, resamples, most):
        rows = min(most, resamples - first)
        drawn = random.integers(sequences, size=(rows, sequences))
        indices = (drawn + np.arange(rows)[:, None] * sequences).ravel()
        counts = np.bincount(indices, minlength=rows * sequences)
        yield counts.reshape(rows, sequences).astype(float)


def resampled_ratios(sums: np.ndarray) -> np.ndarray:
    """Return the ratio of sums over the sequences of each resample.

    `sums` is float64 (S, ..., 2), numerators and denominators of each sequence; returns float64
    (RESAMPLES, ...), NaN where the denominator is 0.
    """
    flat = sums.reshape(len(sums), -1)
    totals = np.concatenate([weights @ flat for weights in draws(len(sums))])
    return ratios(totals.reshape(len(totals), *sums.shape[1:]))


def ratios(sums: np.ndarray) -> np.ndarray:
    """Return numerators over denominators, the last axis of `sums`; NaN for a denominator of 0."""
    numerators, denominators = sums[..., 0], sums[..., 1]
    defined = denominators > 0
    return np.divide(numerators, denominators, out=np.full(numerators.shape, np.nan), where=defined)


def interval(values: np.ndarray) -> Interval | None:
    """Return the interval of resampled values, float64 (R); None where hardly any is defined."""
    defined = values[np.isfinite(values)]
    if len(defined) * 2 < len(values):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def p_value(differences: np.ndarray) -> float:
    """Return the two-sided p-value of no difference, of paired resampled differences (R).

    Twice the share of resamples on the rarer side of 0, one added to both counts so that it is
    never 0 (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 4.2).
    """
    defined = differences[np.isfinite(differences)]
    rarer = min(np.count_nonzero(defined <= 0), np.count_nonzero(defined >= 0))
    return float(min(1.0, 2 * (rarer + 1) / (len(defined) + 1)))
