"""What following hands costs a frame: `make bench-tracking`.

Painted hands at 640x480 move about, cross and are missed now and then, 30 frames a second. In the
last row every frame has as many hands as it can have. Figures are the processor's time of single
calls, so that what else the machine does has no part in them.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

from support.labelled import found
from support.moving_hands import HEIGHT, WIDTH, Mover, Path, Seeing, painted_shape, views

from handseg_ros.segmentation.hands import MAX_HANDS, Hand, Segmentation, Side, Timings
from handseg_ros.tracking.tracker import Tracker

SECONDS, RATE = 20.0, 30.0
# Palms' radii in pixels: hands of 105 and of 210 pixels.
USUAL, LARGE = 30.0, 60.0
SIDES = (Side.LEFT, Side.RIGHT)


def moving(count: int, radius: float) -> list[Segmentation]:
    """Return the frames of so many hands that swing past each other."""

    def path(place: int) -> Path:
        home = WIDTH * (place + 1) / (count + 1)
        return lambda when: (
            home + 0.2 * WIDTH * math.sin(2.0 * when + place),
            HEIGHT / 2 + 0.2 * HEIGHT * math.cos(1.3 * when + 2 * place),
        )

    shape = painted_shape(radius, 3.3)
    movers = [Mover(path(place), SIDES[place % 2], shape) for place in range(count)]
    seeing = Seeing(missed=0.1, jitter=2.0, wrong_side=0.1)
    return [view.segmentation for view in views(movers, SECONDS, RATE, seeing)]


def crowded() -> list[Segmentation]:
    """Return frames with the most hands, close beside each other and always in another place."""
    frames = []
    for number in range(30):
        hands = tuple(crowded_hand(place, number % 5) for place in range(MAX_HANDS))
        frames.append(Segmentation(HEIGHT, WIDTH, hands, Timings(0.0, 0.0, 0.0)))
    return frames


def crowded_hand(place: int, shift: int) -> Hand:
    """Return a square hand of a grid, some pixels to the right of its place."""
    x, y, size = 36 * (place % 17) + shift, 30 * (place // 17), 28
    middle = (size - 1) / 2
    return replace(found(place + 1, (x, y, size)), centroid=(x + middle, y + middle))


def row(title: str, frames: Sequence[Segmentation]) -> str:
    """Return one row of the table."""
    tracker, taken = Tracker(), []
    for number, frame in enumerate(frames):
        began = time.thread_time()
        tracker.follow(frame, number / RATE)
        taken.append(1000.0 * (time.thread_time() - began))
    worst = statistics.quantiles(taken, n=100)[-1]
    return f"| {title} | {statistics.median(taken):.2f} ms | {worst:.2f} ms |"


def main() -> None:
    """Print the table."""
    print("| hands | median | 99 of 100 frames below |\n|---|---|---|")
    for count in (1, 2, 4):
        print(row(f"{count}", moving(count, USUAL)))
    print(row("2, twice as large", moving(2, LARGE)))
    print(row(f"{MAX_HANDS}", crowded()))


if __name__ == "__main__":
    main()
