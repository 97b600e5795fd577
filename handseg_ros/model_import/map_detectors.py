"""Detection of the families whose networks give maps over the whole image."""

from __future__ import annotations

from dataclasses import dataclass, replace

from handseg_ros.model_import.family_guess import DecoderMatch
from handseg_ros.model_import.output_statistics import NetworkOutputs, OutputStatistics
from handseg_ros.model_import.overrides import InferredField, Resize
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


def detect_semantic(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Return the match for classes that exclude each other, of one image."""
    maps = _class_maps(network_outputs, description)
    if maps is None or description.background is not None:
        return None
    return _exclusive("semantic", maps)


def detect_frame_background(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Return the same of a network that takes two images."""
    maps = _class_maps(network_outputs, description)
    if maps is None or description.background is None:
        return None
    return _exclusive("frame_background", maps)


def _exclusive(family: str, maps: _ClassMaps) -> DecoderMatch:
    tried = range(min(maps.count, _MOST_TRIED))
    orders = tuple(_classes(maps.count, index) for index in tried)
    # The background comes first in nearly all networks that have one.
    usual = orders if maps.count == 1 else (*orders[1:], orders[0])
    if maps.count == 3:
        usual = (*usual, *_SIDED)
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


# Left and right of three classes.
_SIDED = (
    (BACKGROUND, LEFT_HAND, RIGHT_HAND),
    (BACKGROUND, RIGHT_HAND, LEFT_HAND),
)


def detect_hand_object(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Return the match for hand and object, with a background or each for itself."""
    maps = _class_maps(network_outputs, description)
    if maps is None or maps.count not in (2, 3) or description.background is not None:
        return None
    rest = (BACKGROUND,) if maps.count == 3 else ()
    orders = ((*rest, HAND, OBJECT), (*rest, OBJECT, HAND))
    details = maps.details
    if not rest and details[-1].value == "softmax":
        # Two classes that excluded each other would leave no background.
        own = InferredField(
            "activation", "sigmoid", "logits of two masks that may overlap", _ACTIVATION
        )
        details = (*details[:-1], own)
    return DecoderMatch(
        "hand_object", maps.reason, {OUTPUT: maps.name}, orders, details, maps.resize,
        others=maps.others,
    )  # fmt: skip


def detect_three_classes(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Return the match for background, hand and object."""
    inferred = detect_hand_object(network_outputs, description)
    if inferred is None or BACKGROUND not in inferred.orders[0]:
        return None
    return replace(inferred, orders=(*inferred.orders, *_SIDED))


def detect_bottom_up(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Return the match for this project's own maps."""
    for name, value in network_outputs.items():
        if (
            description.dtype != "uint8"
            or len(value.shape) != 4
            or value.shape[1] != len(MAP_CHANNELS)
        ):
            continue
        stride = description.height // value.shape[2]
        if (stride * value.shape[2], stride * value.shape[3]) == (
            description.height,
            description.width,
        ):
            reason = f"'{name}' has the maps {', '.join(MAP_CHANNELS)} at a {stride}th of the size"
            details = (
                InferredField("stride", stride, "the size of the input over that of the maps"),
            )
            return DecoderMatch("bottom_up", reason, {"maps": name}, ((BACKGROUND, HAND),), details)
    return None


@dataclass(frozen=True)
class _ClassMaps:
    """An output with a channel for each class, or the number of the class in each pixel."""

    name: str
    count: int
    reason: str
    details: tuple[InferredField, ...]
    resize: Resize
    others: tuple[str, ...]


def _class_maps(
    network_outputs: NetworkOutputs, description: InputDescription
) -> _ClassMaps | None:
    """Return the first output that has a channel for each class, auxiliary heads being the last.

    Maps beside detections are theirs, and none of classes.
    """
    if has_detections(network_outputs):
        return None
    found = {
        name: _map_layout(statistics, description) for name, statistics in network_outputs.items()
    }
    fitting = [(name, layout) for name, layout in found.items() if layout is not None]
    if not fitting:
        return None
    (name, layout), *others = sorted(fitting, key=lambda item: _AUXILIARY in item[0].lower())
    statistics = network_outputs[name]
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
    return _ClassMaps(name, count, reason, (order, *more, activation), resize, rest)


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
            return InferredField("activation", "none", "a mask already", _ACTIVATION), scale
        if statistics.dtype.kind != "f" or statistics.highest > 1:
            reason = f"{span}, whole numbers: those of the classes"
            return (InferredField("activation", "class_map", reason, _ACTIVATION),)
    if statistics.lowest >= -_ROUNDING and statistics.highest <= 1 + _ROUNDING:
        if axis is not None and count > 1 and statistics.apart_from_one[axis] <= count * _ROUNDING:
            reason = f"{span} and the channels sum to 1: the softmax is in the network"
        else:
            reason = f"{span}: probabilities already"
        return (InferredField("activation", "none", reason, _ACTIVATION),)
    logits = f"{span}, so they are logits"
    if count == 1:
        return (InferredField("activation", "sigmoid", f"{logits} of one class", _ACTIVATION),)
    if count == 2:
        return (InferredField("activation", "softmax", f"{logits} of two classes", _ACTIVATION),)
    reason = f"{logits}, of which the largest wins"
    return (InferredField("activation", "argmax", reason, _ACTIVATION),)
