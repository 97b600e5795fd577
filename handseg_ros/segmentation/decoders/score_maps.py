"""From a network's map of one class to that class's pixels in the frame.

A score map is one class over the cells that see the frame. It is asked twice: where a pixel of the
class can be at all, which is cheap, and then for exact pixels inside a small window only. What is
interpolated to the frame's size is what the networks' own authors interpolate: the probability
where it is compared with a threshold, the logits where the largest wins.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.geometry import CellGrid
from handseg_ros.segmentation.hands import Box

_NEIGHBOURHOOD = np.ones((3, 3), np.uint8)
# What a white pixel of an 8-bit mask has.
_MASK_VALUE = 255
# So far a graph that enlarges its probabilities may shoot over 0 and 1.
_BEYOND = 0.5
# Below any logit of a network that answers at all.
_NEVER = np.float32(-1e6)

Window = tuple[slice, slice]


class ScoreMap(Protocol):
    """One class over the cells (rows, columns) that see the frame."""

    def candidates(self) -> np.ndarray:
        """Return uint8 (rows, columns): 1 in every cell that pixels of the class may be near.

        A pixel of the class lies less than one cell from one of them, on each axis.
        """
        ...

    def sample(
        self, window: Window, mine: np.ndarray, grid: CellGrid, box: Box
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the class's pixels in a box of the frame, and its probability at them.

        `mine` tells which cells of the window count, bool. Returns uint8 (box.height, box.width),
        0 or 1, and float32 of the same shape, which holds what is meant where the first is 1.
        """
        ...


def score_map(
    planes: np.ndarray, name: str, description: ModelDescription, threshold: float
) -> ScoreMap:
    """Return the score map of a class, by its name, in planes of float32 (classes, rows, columns).

    Of a class map there is one plane. Raises ValueError for values that cannot be what
    `activation` says.
    """
    index = description.classes.index(name)
    if description.activation == "class_map":
        return LabelMap(_numbered(planes[0], index, description))
    own = planes[index]
    other_logits = tuple(planes[other] for other in range(len(planes)) if other != index)
    if description.activation == "argmax":
        return ArgmaxMap(own, other_logits)
    if description.activation == "none":
        _check_probabilities(own)
        return ProbabilityMap(own, threshold)
    if description.activation == "sigmoid":
        other_logits = (np.zeros((), np.float32),)
    return LogitMap(own, other_logits, threshold)


def score_planes(
    outputs: dict[str, np.ndarray], role: str, description: ModelDescription
) -> np.ndarray:
    """Return an output as float32 (classes, rows, columns), times `output_scale`.

    A class map is one plane. Raises ValueError when it has not one channel for each class, where
    the description says.
    """
    values, layout = outputs[role], description.output_layout or "NCHW"
    sizes = dict(zip(layout, values.shape, strict=False))
    count = 1 if description.activation == "class_map" else len(description.classes)
    if (len(layout), 1, count) != (values.ndim, sizes.get("N", 1), sizes.get("C", 1)):
        needed = f"the {count} classes {', '.join(description.classes)} in {layout}"
        if description.activation == "class_map":
            needed = f"a class map in {layout}"
        raise ValueError(
            f"output '{description.outputs[role]}' has the shape {values.shape}, but {needed} need "
            f"{count} channels, and {len(layout)} axes"
        )
    if description.activation in ("softmax", "argmax") and count < 2:
        raise ValueError(f"'{description.activation}' compares classes, but there is only one")
    planes = values[0] if "N" in sizes else values
    if "C" not in sizes:
        planes = planes[None]
    elif layout.endswith("C"):
        planes = planes.transpose(2, 0, 1)
    planes = np.asarray(planes, np.float32)
    if description.output_scale is None:
        return planes
    return planes * np.float32(description.output_scale)


def _numbered(numbers: np.ndarray, index: int, description: ModelDescription) -> np.ndarray:
    """Return where a class map, float32 (rows, columns), has a class's number: bool."""
    highest = float(numbers.max(initial=0.0))
    # Other numbers without a name are other things, but this one is what 8-bit masks are made of.
    if highest >= _MASK_VALUE >= len(description.classes):
        raise ValueError(
            f"the class map has the number {highest:.0f}, but there are {len(description.classes)} "
            f"classes: where it is a mask of 0 and {_MASK_VALUE}, say 'activation: none', "
            f"'output_scale: {1 / _MASK_VALUE}' and one class"
        )
    return numbers == index


def _check_probabilities(values: np.ndarray) -> None:
    lowest, highest, _, _ = cv2.minMaxLoc(np.ascontiguousarray(values))
    if lowest < -_BEYOND or highest > 1.0 + _BEYOND:
        raise ValueError(
            f"its values go from {lowest:.3g} to {highest:.3g}, but 'activation: none' takes "
            "probabilities, from 0 to 1: give the activation that is missing, or 'output_scale', "
            f"{1 / _MASK_VALUE} for a mask of 0 and {_MASK_VALUE}"
        )


@dataclass(frozen=True)
class ProbabilityMap:
    """A class's probability, to be compared with a threshold."""

    probability: np.ndarray
    threshold: float

    def candidates(self) -> np.ndarray:
        """Return the cells above the threshold: between others no interpolation exceeds it."""
        return (self.probability > self.threshold).view(np.uint8)

    def sample(
        self, window: Window, mine: np.ndarray, grid: CellGrid, box: Box
    ) -> tuple[np.ndarray, np.ndarray]:
        """Interpolate the probability."""
        return _above(self.probability[window], self.threshold, window, mine, grid, box)


@dataclass(frozen=True)
class LabelMap:
    """Cells of a class map that have the class's number, bool (rows, columns)."""

    own: np.ndarray

    def candidates(self) -> np.ndarray:
        """Return the cells of the class."""
        return self.own.view(np.uint8)

    def sample(
        self, window: Window, mine: np.ndarray, grid: CellGrid, box: Box
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels of which the class has more than half; a class map is always sure."""
        shares = self.own[window].astype(np.float32)
        inside, _ = _above(shares, 0.5, window, mine, grid, box)
        return inside, np.ones(inside.shape, np.float32)


@dataclass(frozen=True)
class LogitMap:
    """A class's logit beside the other logits, to be a probability above a threshold.

    Of `other_logits` there is one for each other class of a softmax, and a constant 0 for a
    sigmoid.
    """

    own: np.ndarray
    other_logits: tuple[np.ndarray, ...]
    threshold: float

    def candidates(self) -> np.ndarray:
        """Return cells that can be above the threshold, without an exponential.

        p > t needs own - rival > log(t / (1 - t)) for every other logit; for one other that is
        enough.
        """
        min_lead = np.float32(np.log(self.threshold / (1.0 - self.threshold)))
        above = self.own - self.other_logits[0] > min_lead
        for other in self.other_logits[1:]:
            above &= self.own - other > min_lead
        return above.view(np.uint8)

    def sample(
        self, window: Window, mine: np.ndarray, grid: CellGrid, box: Box
    ) -> tuple[np.ndarray, np.ndarray]:
        """Interpolate the probability, which is computed in the window alone."""
        other_logits = [other[window] if other.ndim else other for other in self.other_logits]
        probability = _softmax(self.own[window], other_logits)
        return _above(probability, self.threshold, window, mine, grid, box)


@dataclass(frozen=True)
class ArgmaxMap:
    """A class's logit, to be larger than all other logits."""

    own: np.ndarray
    other_logits: tuple[np.ndarray, ...]

    def candidates(self) -> np.ndarray:
        """Return cells near which the class can win, in one of them or only between them.

        A lead over another logit between cells is a mean of theirs, so one of the cells around
        leads too; over a third logit it can be another one of them.
        """
        leads = [(self.own > other).view(np.uint8) for other in self.other_logits]
        if len(leads) == 1:
            return leads[0]
        return functools.reduce(
            cv2.bitwise_and, [cv2.dilate(lead, _NEIGHBOURHOOD) for lead in leads]
        )

    def sample(
        self, window: Window, mine: np.ndarray, grid: CellGrid, box: Box
    ) -> tuple[np.ndarray, np.ndarray]:
        """Interpolate by how much the logit is above each other logit, which is one map less.

        The probability, which a score alone is made of, is interpolated as that of other fields.
        """
        origin = window[0].start, window[1].start
        own, other_logits = self.own[window], [other[window] for other in self.other_logits]
        leads = _that_count([own - other for other in other_logits])
        # A lead that is lost to one other logit is lost.
        leads[0] = np.where(mine, leads[0], _NEVER)
        wins = functools.reduce(np.minimum, [grid.upsample(lead, origin, box) for lead in leads])
        probability = grid.upsample(_softmax(own, other_logits), origin, box)
        return (wins > 0).view(np.uint8), probability


def _that_count(leads: list[np.ndarray]) -> list[np.ndarray]:
    """Return the leads without those that one other is below in every cell, and so between them."""
    smallest = min(leads, key=np.sum)
    return [smallest, *(lead for lead in leads if lead is not smallest and (lead < smallest).any())]


def _softmax(own: np.ndarray, other_logits: list[np.ndarray]) -> np.ndarray:
    total = np.ones(
        np.broadcast_shapes(own.shape, *(other.shape for other in other_logits)), np.float32
    )
    with np.errstate(over="ignore"):  # an infinite total is a probability of 0, as it should be
        for other in other_logits:
            total += np.exp(other - own)
    return np.divide(np.float32(1.0), total, out=total)


def _above(
    probability: np.ndarray,
    threshold: float,
    window: Window,
    mine: np.ndarray,
    grid: CellGrid,
    box: Box,
) -> tuple[np.ndarray, np.ndarray]:
    cells = np.where(mine, probability, np.float32(0.0))
    values = grid.upsample(cells, (window[0].start, window[1].start), box)
    return (values > threshold).view(np.uint8), values
