"""What a network's outputs have in common, summed up run by run so that none need be kept."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

# Of these many numbers, or more, a last axis is no row of a detection.
_LONGEST_ROW = 4096


@dataclass(frozen=True)
class OutputStatistics:
    """An output over all runs; `shape` and `dtype` are those of the first.

    `apart_from_one` is how far sums over an axis are from 1 at most, by the axis; `columns` the
    highest value at each place of the last axis, empty where that is long; `is_whole` whether
    there are whole numbers alone.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    lowest: float
    highest: float
    is_whole: bool
    apart_from_one: Mapping[int, float]
    columns: tuple[float, ...]

    @classmethod
    def of(cls, value: np.ndarray) -> OutputStatistics:
        """Return the statistics of one output."""
        numbers = value if value.dtype.kind == "f" else value.astype(np.float32)
        empty = not numbers.size
        long = numbers.ndim < 2 or numbers.shape[-1] >= _LONGEST_ROW
        columns = () if long or empty else numbers.reshape(-1, numbers.shape[-1]).max(axis=0)
        return cls(
            value.shape,
            value.dtype,
            0.0 if empty else float(numbers.min()),
            0.0 if empty else float(numbers.max()),
            value.dtype.kind != "f" or bool((numbers == np.rint(numbers)).all()),
            {axis: _apart(numbers, axis) for axis in range(numbers.ndim) if not empty},
            tuple(float(number) for number in columns),
        )

    def __add__(self, other: OutputStatistics) -> OutputStatistics:
        """Return the statistics of both."""
        columns = zip(self.columns, other.columns, strict=False)
        return OutputStatistics(
            self.shape,
            self.dtype,
            min(self.lowest, other.lowest),
            max(self.highest, other.highest),
            self.is_whole and other.is_whole,
            {
                axis: max(apart, other.apart_from_one.get(axis, apart))
                for axis, apart in self.apart_from_one.items()
            },
            tuple(max(pair) for pair in columns),
        )


# By the outputs' names.
NetworkOutputs = Mapping[str, OutputStatistics]


def summarize(outputs: Iterable[Mapping[str, np.ndarray]]) -> NetworkOutputs:
    """Return the statistics over all runs, each gone before the next is asked for."""
    statistics: dict[str, OutputStatistics] = {}
    for output in outputs:
        for name, value in output.items():
            own = OutputStatistics.of(value)
            statistics[name] = statistics[name] + own if name in statistics else own
        del output, value  # before the network makes the next ones
    return statistics


def _apart(numbers: np.ndarray, axis: int) -> float:
    sums = numbers.sum(axis=axis, dtype=np.float32)
    return float(np.abs(sums - 1).max())
