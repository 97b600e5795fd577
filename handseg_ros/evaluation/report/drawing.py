"""Curves as points of an SVG drawing; the template draws them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 420, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 44
# Told apart by people with any colour vision: Okabe and Ito, "Color Universal Design", 2008.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_DASHES = 3
# More than a drawing of this size can show.
MOST_POINTS = 200


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in the drawing's own units, and its number."""

    place: float
    text: str


@dataclass(frozen=True)
class Line:
    """One model's line: `points` as SVG writes them, `dash` one of the template's styles."""

    label: str
    colour: str
    dash: int
    points: str


@dataclass(frozen=True)
class Chart:
    """One drawing of `size` (width, height); `frame` is left, top, right, bottom of its axes."""

    title: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    size: tuple[int, int] = (WIDTH, HEIGHT)
    frame: tuple[int, int, int, int] = (_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM)


@dataclass(frozen=True)
class Values:
    """One model's line in its own units; `model` is the model's place among all."""

    label: str
    model: int
    x: Sequence[float]
    y: Sequence[float]


def make_chart(
    title: str,
    x_label: str,
    y_label: str,
    lines: Sequence[Values],
    most: tuple[float, float],
    least_x: float = 0.0,
) -> Chart:
    """Return the drawing of all lines, with axes from (`least_x`, 0) to `most` (x, y)."""
    x_ticks, y_ticks = _ticks(least_x, most[0]), _ticks(0.0, most[1])
    top = max(most[1], y_ticks[-1])

    def across(value: float) -> float:
        wide = WIDTH - _LEFT - _RIGHT
        return round(_LEFT + wide * (value - least_x) / (most[0] - least_x), 1)

    def up(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)

    return Chart(
        title,
        x_label,
        y_label,
        tuple(Tick(across(value), f"{value:g}") for value in x_ticks),
        tuple(Tick(up(value), f"{value:g}") for value in y_ticks),
        tuple(
            Line(
                line.label,
                COLOURS[line.model % len(COLOURS)],
                line.model % _DASHES,
                " ".join(f"{across(x)},{up(y)}" for x, y in zip(line.x, line.y, strict=True)),
            )
            for line in lines
        ),
    )


def _ticks(least: float, most: float) -> list[float]:
    """Return four to eight round numbers between two values."""
    step = 10.0 ** np.floor(np.log10(most - least))
    while (most - least) / step < 4:
        step /= 2
    first = np.ceil(least / step - 1e-9)
    count = int(np.floor((most - least) / step + 1e-9))
    return [float(round((first + place) * step, 9)) + 0.0 for place in range(count + 1)]
