"""Sizes that pictures are trained at: each step has one, and about the same number of pixels."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

MULTIPLE = 32
# So few pictures still give a gradient worth a step.
MIN_BATCH_SIZE = 4

Size = tuple[int, int]


@dataclass(frozen=True)
class Scales:
    """`sizes` are (height, width) in pixels, `probabilities` add up to 1; `batch_sizes[k]` pictures
    make a step of size k."""

    sizes: tuple[Size, ...]
    probabilities: tuple[float, ...]
    batch_sizes: tuple[int, ...]

    def at(self, seed: int, step: int) -> tuple[Size, int]:
        """Return size and number of pictures of a step; seed and step alone decide."""
        if len(self.sizes) == 1:
            return self.sizes[0], self.batch_sizes[0]
        rng = np.random.default_rng((seed, step))
        index = int(rng.choice(len(self.sizes), p=self.probabilities))
        return self.sizes[index], self.batch_sizes[index]


def make_scales(weights: Mapping[str, float], size: Size, batch_size: int) -> Scales:
    """Return the scales named "WIDTHxHEIGHT" with their weights, or `size` alone if there is none.

    `batch_size` pictures of `size` set the number of pixels of a step. Raises ValueError for a name
    that is no size, for sides that are no multiples of 32 and for weights that are not positive.
    """
    if not weights:
        return Scales((size,), (1.0,), (batch_size,))
    sizes = tuple(_parse(name) for name in weights)
    if min(weights.values()) <= 0:
        raise ValueError(f"the weights of the scales must be positive: {dict(weights)}")
    total = sum(weights.values())
    pixels = batch_size * size[0] * size[1]
    batch_sizes = tuple(max(MIN_BATCH_SIZE, round(pixels / (h * w))) for h, w in sizes)
    return Scales(sizes, tuple(weight / total for weight in weights.values()), batch_sizes)


def _parse(name: str) -> Size:
    found = re.fullmatch(r"(\d+)x(\d+)", str(name))
    if found is None:
        raise ValueError(f"scale '{name}' is no size: write it as WIDTHxHEIGHT, such as 320x256")
    width, height = int(found[1]), int(found[2])
    if not width or not height or width % MULTIPLE or height % MULTIPLE:
        raise ValueError(f"scale '{name}' has a side that is no multiple of {MULTIPLE}")
    return height, width
