"""Guessers of the families whose networks answer with maps over the whole image."""

from __future__ import annotations

from dataclasses import dataclass, replace

from handseg_ros.model_import.family_guess import FamilyGuess
from handseg_ros.model_import.guesses import Guess, Resize
from handseg_ros.model_import.output_statistics import Answers, OutputFacts
from handseg_ros.model_import.queries import has_detections
from handseg_ros.segmentation.decoders.bottom_up import MAP_CHANNELS
from handseg_ros.segmentation.decoders.semantic import OUTPUT
from handseg_ros.segmentation.description import (
    BACKGROUND,
    HAND,
    LEFT_HAND,
    OBJECT,
    RIGHT_HAND,
    InputDescription,
    OutputLayout,
)

# Half precision's, about.
_ROUNDING = 1e-3
# From here on bytes are no numbers of classes but a mask's whiteness.
_WHITISH = 128
_WHITE = 255
# Of an output beside the one that counts, in networks that learn with both.
_AUXILIARY = "aux"
# Beyond these the hand is not looked for among the classes.
_MOST_TRIED = 40
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
    tried = range(min(maps.count, _MOST_TRIED))
    orders = tuple(_classes(maps.count, place) for place in tried)
    # The background comes first in nearly all networks that have one.
    usual = orders if maps.count == 1 else (*orders[1:], orders[0])
    if maps.count == 3:
        usual = (*usual, *_SIDED)
    return FamilyGuess(
        family, maps.why, {OUTPUT: maps.name}, usual, maps.details, maps.resize, others=maps.others
    )


def _classes(count: int, hand: int) -> tuple[str, ...]:
    """Return names of so many classes, the hand's at its place."""
    names = [f"class_{place}" for place in range(count)]
    if count > 1:
        names[0 if hand else 1] = BACKGROUND
    names[hand] = HAND
    return tuple(names)


# Left and right of three classes.
_SIDED = (
    (BACKGROUND, LEFT_HAND, RIGHT_HAND),
    (BACKGROUND, RIGHT_HAND, LEFT_HAND),
)


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
    return FamilyGuess(
        "hand_object", maps.why, {OUTPUT: maps.name}, orders, details, maps.resize,
        others=maps.others,
    )  # fmt: skip


def guess_three_classes(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return a guess of background, hand and object."""
    guess = guess_hand_object(answers, told)
    if guess is None or BACKGROUND not in guess.orders[0]:
        return None
    return replace(guess, orders=(*guess.orders, *_SIDED))


def guess_bottom_up(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return a guess of this project's own maps."""
    for name, value in answers.items():
        if told.dtype != "uint8" or len(value.shape) != 4 or value.shape[1] != len(MAP_CHANNELS):
            continue
        stride = told.height // value.shape[2]
        if (stride * value.shape[2], stride * value.shape[3]) == (told.height, told.width):
            why = f"'{name}' has the maps {', '.join(MAP_CHANNELS)} at a {stride}th of the size"
            details = (Guess("stride", stride, "the size of the input over that of the maps"),)
            return FamilyGuess("bottom_up", why, {"maps": name}, ((BACKGROUND, HAND),), details)
    return None


@dataclass(frozen=True)
class _ClassMaps:
    """An output with a channel for each class, or the number of the class in each pixel."""

    name: str
    count: int
    why: str
    details: tuple[Guess, ...]
    resize: Resize
    others: tuple[str, ...]


def _class_maps(answers: Answers, told: InputDescription) -> _ClassMaps | None:
    """Return the first output that has a channel for each class, auxiliary heads being the last.

    Maps beside detections are theirs, and none of classes.
    """
    if has_detections(answers):
        return None
    found = {name: _map_layout(facts, told) for name, facts in answers.items()}
    fitting = [(name, layout) for name, layout in found.items() if layout is not None]
    if not fitting:
        return None
    (name, layout), *others = sorted(fitting, key=lambda item: _AUXILIARY in item[0].lower())
    facts = answers[name]
    count = facts.shape[layout.index("C")] if "C" in layout else 1
    order = Guess("output_layout", layout, f"'{name}' has the shape {facts.shape}")
    activation, *more = guess_activation(facts, layout)
    if activation.value == "class_map":
        count = max(2, int(facts.highest) + 1)
        channels = f"the numbers of {count} classes or more"
    else:
        channels = "one channel" if count == 1 else f"{count} channels"
    why = f"'{name}' has the shape {facts.shape}: {channels} over the image"
    # A graph that takes pictures as they are is no network that learnt with one size.
    is_whole = (told.layout, told.dtype, told.size) == ("HWC", "uint8", "free")
    resize: Resize = "none" if is_whole and told.multiple_of == 1 else "stretch"
    rest = tuple(name for name, _ in others)
    return _ClassMaps(name, count, why, (order, *more, activation), resize, rest)


def _map_layout(facts: OutputFacts, told: InputDescription) -> OutputLayout | None:
    """Return where an output's axes are, None for one that is no map of classes."""
    shape, fitting = facts.shape, list[tuple[int, OutputLayout]]()
    batched = told.layout.startswith("N") and shape[:1] == (1,)
    if len(shape) == 4 and shape[0] == 1:
        fitting = [(shape[1], "NCHW"), (shape[3], "NHWC")]
    elif len(shape) == 3 and batched:
        fitting = [(1, "NHW")]
    elif len(shape) == 3:
        fitting = [(shape[0], "CHW"), (shape[2], "HWC")]
    elif len(shape) == 2:
        fitting = [(1, "HW")]
    covering = [item for item in fitting if _covers(_rows_and_columns(shape, item[1]), told)]
    return min(covering)[1] if covering else None


def _rows_and_columns(shape: tuple[int, ...], layout: OutputLayout) -> tuple[int, int]:
    return shape[layout.index("H")], shape[layout.index("W")]


def _covers(size: tuple[int, int], told: InputDescription) -> bool:
    """Return whether rows and columns are the input's over one and the same number from 1."""
    if 0 in size:
        return False
    rows, columns = told.height / size[0], told.width / size[1]
    # A map of half an odd size has a cell more or less than half as many.
    return min(rows, columns) >= 0.9 and abs(rows - columns) <= 0.1 * rows


def guess_activation(facts: OutputFacts, layout: OutputLayout) -> tuple[Guess, ...]:
    """Return how answers to a real picture are to be read: the activation, and a scale if any."""
    axis = layout.index("C") if "C" in layout else None
    count = 1 if axis is None else facts.shape[axis]
    span = f"its values go from {facts.lowest:.3g} to {facts.highest:.3g}"
    if count == 1 and facts.is_whole and facts.lowest >= 0:
        is_bytes = facts.dtype.kind == "u" and facts.highest >= _WHITISH
        if is_bytes or facts.highest == _WHITE:
            scale = Guess("output_scale", 1 / _WHITE, f"{span}, as those of an 8-bit mask")
            return Guess("activation", "none", "a mask already", _ACTIVATION), scale
        if facts.dtype.kind != "f" or facts.highest > 1:
            why = f"{span}, whole numbers: those of the classes"
            return (Guess("activation", "class_map", why, _ACTIVATION),)
    if facts.lowest >= -_ROUNDING and facts.highest <= 1 + _ROUNDING:
        if axis is not None and count > 1 and facts.apart_from_one[axis] <= count * _ROUNDING:
            why = f"{span} and the channels sum to 1: the softmax is in the network"
        else:
            why = f"{span}: probabilities already"
        return (Guess("activation", "none", why, _ACTIVATION),)
    logits = f"{span}, so they are logits"
    if count == 1:
        return (Guess("activation", "sigmoid", f"{logits} of one class", _ACTIVATION),)
    if count == 2:
        return (Guess("activation", "softmax", f"{logits} of two classes", _ACTIVATION),)
    why = f"{logits}, of which the largest wins"
    return (Guess("activation", "argmax", why, _ACTIVATION),)
