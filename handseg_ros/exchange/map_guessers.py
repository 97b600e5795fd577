"""Guessers of the families whose networks answer with maps over the whole image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.exchange.family_guess import Answers, FamilyGuess
from handseg_ros.exchange.guesses import Guess
from handseg_ros.segmentation.description import (
    BACKGROUND,
    HAND,
    OBJECT,
    InputDescription,
    Layout,
)
from handseg_ros.segmentation.families.bottom_up import MAP_CHANNELS
from handseg_ros.segmentation.families.semantic import OUTPUT

# Half precision's, about.
_ROUNDING = 1e-3
_ACTIVATION = "--activation"


def guess_semantic(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return a guess of classes that exclude each other, of one image."""
    maps = _class_maps(answers, told)
    if maps is None or told.background is not None:
        return None
    return _exclusive("semantic", maps)


def guess_frame_background(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return the same of a network that takes two images."""
    maps = _class_maps(answers, told)
    if maps is None or told.background is None:
        return None
    return _exclusive("frame_background", maps)


def _exclusive(family: str, maps: _ClassMaps) -> FamilyGuess:
    orders = tuple(_classes(maps.count, place) for place in range(maps.count))
    # The background comes first in nearly all networks that have one.
    usual = orders if maps.count == 1 else (*orders[1:], orders[0])
    return FamilyGuess(family, maps.why, {OUTPUT: maps.name}, usual, maps.details)


def _classes(count: int, hand: int) -> tuple[str, ...]:
    """Return names of so many classes, the hand's at its place."""
    names = [f"class_{place}" for place in range(count)]
    if count > 1:
        names[0 if hand else 1] = BACKGROUND
    names[hand] = HAND
    return tuple(names)


def guess_hand_object(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return a guess of hand and object, with a background or each for itself."""
    maps = _class_maps(answers, told)
    if maps is None or maps.count not in (2, 3) or told.background is not None:
        return None
    rest = (BACKGROUND,) if maps.count == 3 else ()
    orders = ((*rest, HAND, OBJECT), (*rest, OBJECT, HAND))
    details = maps.details
    if not rest and details[-1].value == "softmax":
        # Two classes that excluded each other would leave no background.
        own = Guess("activation", "sigmoid", "logits of two masks that may overlap", _ACTIVATION)
        details = (*details[:-1], own)
    return FamilyGuess("hand_object", maps.why, {OUTPUT: maps.name}, orders, details)


def guess_three_classes(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return a guess of background, hand and object."""
    guess = guess_hand_object(answers, told)
    return guess if guess is not None and BACKGROUND in guess.orders[0] else None


def guess_bottom_up(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return a guess of this project's own maps."""
    for name, value in answers[0].items():
        if told.dtype != "uint8" or value.ndim != 4 or value.shape[1] != len(MAP_CHANNELS):
            continue
        stride = told.height // value.shape[2]
        if (stride * value.shape[2], stride * value.shape[3]) == (told.height, told.width):
            why = f"'{name}' has the maps {', '.join(MAP_CHANNELS)} at a {stride}th of the size"
            details = (Guess("stride", stride, "the size of the input over that of the maps"),)
            return FamilyGuess("bottom_up", why, {"maps": name}, ((BACKGROUND, HAND),), details)
    return None


@dataclass(frozen=True)
class _ClassMaps:
    """An output with a channel for each class."""

    name: str
    count: int
    why: str
    details: tuple[Guess, ...]


def _class_maps(answers: Answers, told: InputDescription) -> _ClassMaps | None:
    """Return the first output that has a channel for each class; auxiliary heads come later."""
    for name, value in answers[0].items():
        layout = _map_layout(value, told)
        if layout is None:
            continue
        count = value.shape[1 if layout == "NCHW" else 3]
        channels = "one channel" if count == 1 else f"{count} channels"
        why = f"'{name}' has the shape {value.shape}: {channels} over the image"
        # All looks, as a wrong one may leave logits between 0 and 1 by chance.
        all_values = np.stack([answer[name][0] for answer in answers])
        planes = np.moveaxis(all_values, 1 if layout == "NCHW" else 3, 0)
        place = "before" if layout == "NCHW" else "behind"
        order = Guess("output_layout", layout, f"the channels stand {place} rows and columns")
        return _ClassMaps(name, count, why, (order, guess_activation(planes)))
    return None


def _map_layout(value: np.ndarray, told: InputDescription) -> Layout | None:
    """Return where an output's channels are, None for one that is no map of classes."""
    if value.ndim != 4 or value.shape[0] != 1 or not np.issubdtype(value.dtype, np.floating):
        return None
    fitting: list[tuple[int, Layout]] = []
    if _covers(value.shape[2:], told):
        fitting.append((value.shape[1], "NCHW"))
    if _covers(value.shape[1:3], told):
        fitting.append((value.shape[3], "NHWC"))
    return min(fitting)[1] if fitting else None


def _covers(size: tuple[int, ...], told: InputDescription) -> bool:
    """Return whether rows and columns are the input's over one and the same number from 1."""
    rows, columns = told.height / size[0], told.width / size[1]
    # A map of half an odd size has a cell more or less than half as many.
    return min(rows, columns) >= 0.9 and abs(rows - columns) <= 0.1 * rows


def guess_activation(planes: np.ndarray) -> Guess:
    """Return how answers to a real picture, float (classes, ...), are to be read."""
    count = len(planes)
    lowest, highest = float(planes.min()), float(planes.max())
    span = f"its values go from {lowest:.3g} to {highest:.3g}"
    if lowest >= -_ROUNDING and highest <= 1 + _ROUNDING:
        sums = planes.sum(axis=0)
        if count > 1 and np.abs(sums - 1).max() <= count * _ROUNDING:
            why = f"{span} and the channels sum to 1: the softmax is in the network"
        else:
            why = f"{span}: probabilities already"
        return Guess("activation", "none", why, _ACTIVATION)
    logits = f"{span}, so they are logits"
    if count == 1:
        return Guess("activation", "sigmoid", f"{logits} of one class", _ACTIVATION)
    if count == 2:
        return Guess("activation", "softmax", f"{logits} of two classes", _ACTIVATION)
    return Guess("activation", "argmax", f"{logits}, of which the largest wins", _ACTIVATION)
