"""Outputs with a channel for each class over the image, or the class's number in each pixel."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

from handseg_ros.segmentation.decoders.detection import (
    DecoderMatch,
    InferredField,
    has_detections,
)
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs, OutputStatistics
from handseg_ros.segmentation.description import (
    BACKGROUND,
    HAND,
    LEFT_HAND,
    RIGHT_HAND,
    InputDescription,
    OutputLayout,
    Resize,
)

# The role that the families of class maps give their output.
OUTPUT = "logits"
ACTIVATION_OPTION = "--activation"
# Left and right of three classes.
SIDED_ORDERS = (
    (BACKGROUND, LEFT_HAND, RIGHT_HAND),
    (BACKGROUND, RIGHT_HAND, LEFT_HAND),
)

# Half precision's, about.
_ROUNDING = 1e-3
# From here on bytes are no numbers of classes but a mask's whiteness.
_WHITISH = 128
_WHITE = 255
# Of an output beside the one that counts, in networks that learn with both.
_AUXILIARY = "aux"
# Beyond these the hand is not looked for among the classes.
_MAX_TRIED = 40


@dataclass(frozen=True)
class ClassMaps:
    """An output with a channel for each class, or the number of the class in each pixel."""

    name: str
    count: int
    reason: str
    details: tuple[InferredField, ...]
    resize: Resize
    others: tuple[str, ...]


def find_class_maps(outputs: NetworkOutputs, description: InputDescription) -> ClassMaps | None:
    """Return the first output that has a channel for each class, auxiliary heads being the last.

    Maps beside detections are theirs, and none of classes.
    """
    if has_detections(outputs):
        return None
    found = {name: _map_layout(statistics, description) for name, statistics in outputs.items()}
    fitting = [(name, layout) for name, layout in found.items() if layout is not None]
    if not fitting:
        return None
    (name, layout), *others = sorted(fitting, key=lambda item: _AUXILIARY in item[0].lower())
    statistics = outputs[name]
    count = statistics.shape[layout.index("C")] if "C" in layout else 1
    order = InferredField("output_layout", layout, f"'{name}' has the shape {statistics.shape}")
    activation, *more = detect_activation(statistics, layout)
    if activation.value == "class_map":
        count = max(2, int(statistics.highest) + 1)
        channels = f"the numbers of {count} classes or more"
    else:
        channels = "one channel" if count == 1 else f"{count} channels"
    reason = f"'{name}' has the shape {statistics.shape}: {channels} over the image"
    # A graph that takes pictures as they are is no network that learnt with one size.
    is_whole = (description.layout, description.dtype, description.size) == ("HWC", "uint8", "free")
    resize: Resize = "none" if is_whole and description.multiple_of == 1 else "stretch"
    rest = tuple(name for name, _ in others)
    return ClassMaps(name, count, reason, (order, *more, activation), resize, rest)


def _map_layout(statistics: OutputStatistics, description: InputDescription) -> OutputLayout | None:
    """Return where an output's axes are, None for one that is no map of classes."""
    shape, fitting = statistics.shape, list[tuple[int, OutputLayout]]()
    batched = description.layout.startswith("N") and shape[:1] == (1,)
    if len(shape) == 4 and shape[0] == 1:
        fitting = [(shape[1], "NCHW"), (shape[3], "NHWC")]
    elif len(shape) == 3 and batched:
        fitting = [(1, "NHW")]
    elif len(shape) == 3:
        fitting = [(shape[0], "CHW"), (shape[2], "HWC")]
    elif len(shape) == 2:
        fitting = [(1, "HW")]
    covering = [item for item in fitting if _covers(_rows_and_columns(shape, item[1]), description)]
    return min(covering)[1] if covering else None


def _rows_and_columns(shape: tuple[int, ...], layout: OutputLayout) -> tuple[int, int]:
    return shape[layout.index("H")], shape[layout.index("W")]


def _covers(size: tuple[int, int], description: InputDescription) -> bool:
    """Return whether rows and columns are the input's over one and the same number from 1."""
    if 0 in size:
        return False
    rows, columns = description.height / size[0], description.width / size[1]
    # A map of half an odd size has a cell more or less than half as many.
    return min(rows, columns) >= 0.9 and abs(rows - columns) <= 0.1 * rows


def detect_activation(
    statistics: OutputStatistics, layout: OutputLayout
) -> tuple[InferredField, ...]:
    """Return how outputs for a real picture are to be read: the activation, and a scale if any."""
    axis = layout.index("C") if "C" in layout else None
    count = 1 if axis is None else statistics.shape[axis]
    span = f"its values go from {statistics.lowest:.3g} to {statistics.highest:.3g}"
    if count == 1 and statistics.is_whole and statistics.lowest >= 0:
        is_bytes = statistics.dtype.kind == "u" and statistics.highest >= _WHITISH
        if is_bytes or statistics.highest == _WHITE:
            scale = InferredField("output_scale", 1 / _WHITE, f"{span}, as those of an 8-bit mask")
            return InferredField("activation", "none", "a mask already", ACTIVATION_OPTION), scale
        if statistics.dtype.kind != "f" or statistics.highest > 1:
            reason = f"{span}, whole numbers: those of the classes"
            return (InferredField("activation", "class_map", reason, ACTIVATION_OPTION),)
    if statistics.lowest >= -_ROUNDING and statistics.highest <= 1 + _ROUNDING:
        if axis is not None and count > 1 and statistics.apart_from_one[axis] <= count * _ROUNDING:
            reason = f"{span} and the channels sum to 1: the softmax is in the network"
        else:
            reason = f"{span}: probabilities already"
        return (InferredField("activation", "none", reason, ACTIVATION_OPTION),)
    logits = f"{span}, so they are logits"
    if count == 1:
        return (
            InferredField("activation", "sigmoid", f"{logits} of one class", ACTIVATION_OPTION),
        )
    if count == 2:
        return (
            InferredField("activation", "softmax", f"{logits} of two classes", ACTIVATION_OPTION),
        )
    reason = f"{logits}, of which the largest wins"
    return (InferredField("activation", "argmax", reason, ACTIVATION_OPTION),)


def exclusive_classes(family: str, maps: ClassMaps) -> DecoderMatch:
    """Return the match for classes of which each pixel has one."""
    tried = range(min(maps.count, _MAX_TRIED))
    orders = tuple(_classes(maps.count, index) for index in tried)
    # The background comes first in nearly all networks that have one.
    usual = orders if maps.count == 1 else (*orders[1:], orders[0])
    if maps.count == 3:
        usual = (*usual, *SIDED_ORDERS)
    return DecoderMatch(
        family,
        maps.reason,
        {OUTPUT: maps.name},
        usual,
        maps.details,
        maps.resize,
        others=maps.others,
    )


def _classes(count: int, hand: int) -> tuple[str, ...]:
    """Return names of so many classes, the hand's at its place."""
    names = [f"class_{index}" for index in range(count)]
    if count > 1:
        names[0 if hand else 1] = BACKGROUND
    names[hand] = HAND
    return tuple(names)
