"""Sizes that pictures are trained at: each step has one, and about the same number of pixels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

MULTIPLE = 32
# So few pictures still give a gradient worth a step.
SMALLEST_BATCH = 4

Size = tuple[int, int]


@dataclass(frozen=True)
class Scales:
    """`sizes` are (height, width) in pixels, `chances` add up to 1; `batches[k]` pictures make a
    step of size k."""

    sizes: tuple[Size, ...]
    chances: tuple[float, ...]
    batches: tuple[int, ...]

    def at(self, seed: int, step: int) -> tuple[Size, int]:
        """Return size and number of pictures of a step; seed and step alone decide."""
        if len(self.sizes) == 1:
            return self.sizes[0], self.batches[0]
        rng = np.random.default_rng((seed, step))
        index = int(rng.choice(len(self.sizes), p=self.chances))
        return self.sizes[index], self.batches[index]


def make_scales(shares: Mapping[str, float], size: Size, batch: int) -> Scales:
    """Return the scales named "WIDTHxHEIGHT" with their shares, or `size` alone if there is none.

    `batch` pictures of `size` set the number of pixels of a step. Raises ValueError for a name
    that is no size, for sides that are no multiples of 32 and for shares that are not positive.
    """
    if not shares:
        return Scales((size,), (1.0,), (batch,))
    sizes = tuple(_parse(name) for name in shares)
    if min(shares.values()) <= 0:
        raise ValueError(f"the shares of the scales must be positive: {dict(shares)}")
    total = sum(shares.values())
    pixels = batch * size[0] * size[1]
    batches = tuple(max(SMALLEST_BATCH, round(pixels / (h * w))) for h, w in sizes)
    return Scales(sizes, tuple(share / total for share in shares.values()), batches)


def _parse(name: str) -> Size:
    found = re.fullmatch(r"(\d+)x(\d+)", str(name))
    if found is None:
        raise ValueError(f"scale '{name}' is no size: write it as WIDTHxHEIGHT, such as 320x256")
    width, height = int(found[1]), int(found[2])
    if not width or not height or width % MULTIPLE or height % MULTIPLE:
        raise ValueError(f"scale '{name}' has a side that is no multiple of {MULTIPLE}")
    return height, width
