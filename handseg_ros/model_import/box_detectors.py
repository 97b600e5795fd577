"""Detection of the families whose networks give detections."""

from __future__ import annotations

from handseg_ros.model_import.family_guess import DecoderMatch, Orders
from handseg_ros.model_import.output_statistics import NetworkOutputs
from handseg_ros.model_import.overrides import InferredField, Resize
from handseg_ros.segmentation.description import (
    BACKGROUND,
    HAND,
    LEFT_HAND,
    RIGHT_HAND,
    InputDescription,
)

# Above it two boxes are one thing, where the graph leaves that to others; the usual value.
_OVERLAP = 0.7
# Beyond these the hand is not looked for: each is one more run of the network.
_MOST_TRIED = 10


def detect_yolo_seg(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Return the match for predictions (1, a, b) beside prototypes (1, c, rows, columns)."""
    shapes = {name: value.shape for name, value in network_outputs.items()}
    predictions = [name for name, shape in shapes.items() if len(shape) == 3 and shape[0] == 1]
    prototypes = [name for name, shape in shapes.items() if len(shape) == 4 and shape[0] == 1]
    if len(predictions) != 1 or len(prototypes) != 1:
        return None
    (name,), (maps,) = predictions, prototypes
    (_, first, second), count = shapes[name], shapes[maps][1]
    details: tuple[InferredField, ...] = ()
    if second == 6 + count:
        classes = 1 + max(0, int(network_outputs[name].columns[5]))
        reason = f"'{name}' has rows of 6 numbers and the {count} coefficients of '{maps}'"
    elif first > 4 + count:
        classes = first - 4 - count
        reason = f"'{name}' has columns of 4 numbers, {classes} classes and the {count} of '{maps}'"
        detail_reason = "the usual one, as the graph leaves suppression to others"
        details = (
            InferredField("overlap", _OVERLAP, detail_reason, "change it in the description"),
        )
    else:
        return None
    outputs = {"predictions": name, "prototypes": maps}
    orders = orders_of(classes, 0)
    if classes == 2:
        orders = ((LEFT_HAND, RIGHT_HAND), *orders)
    return DecoderMatch("yolo_seg", reason, outputs, orders, details, "letterbox_centre", "unit")


def detect_mask_rcnn(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Return the match for boxes (N, 4), labels and scores (N,) and masks (N, ...)."""
    found = _roles(network_outputs)
    if found is None:
        return None
    masks = network_outputs[found["masks"]]
    axes, count = len(masks.shape), network_outputs[found["boxes"]].shape[0]
    last = axes == 4 and masks.shape[1] == masks.shape[2] != masks.shape[3]
    size = masks.shape[1:3] if axes == 3 or last else masks.shape[2:]
    cover = "image" if size == (description.height, description.width) else "box"
    details = [_box_order(found["boxes"])]
    reason = f"the {count} masks of the picture have {size[1]}x{size[0]} cells"
    details.append(InferredField("mask_covers", cover, reason))
    channels = 1
    if axes == 4:
        channels = masks.shape[3 if last else 1]
        shape = f"the masks have the shape {masks.shape}"
        details.append(InferredField("output_layout", "NHWC" if last else "NCHW", shape))
    classes = max(2, channels, 1 + int(network_outputs[found["labels"]].highest))
    is_whole = (description.size, description.dtype, description.multiple_of) == (
        "free",
        "uint8",
        1,
    )
    reason = "it gives boxes, labels, scores and masks"
    resize: Resize = "none" if is_whole else "letterbox"
    orders = orders_of(classes, 1)
    return DecoderMatch("mask_rcnn", reason, found, orders, tuple(details), resize, "unit")


def _roles(network_outputs: NetworkOutputs) -> dict[str, str] | None:
    """Return the outputs' names by their role, None where they are not those of Mask R-CNN."""
    found: dict[str, str] = {}
    for name, value in network_outputs.items():
        axes, is_whole = len(value.shape), value.dtype.kind in "iu"
        if axes == 2 and value.shape[1] == 4:
            found["boxes"] = name
        elif axes == 1:
            # matterport's exports may give labels as floats, which their name tells.
            is_label = is_whole or any(word in name.lower() for word in ("class", "label"))
            found["labels" if is_label else "scores"] = name
        elif axes in (3, 4):
            found["masks"] = name
    roles = ("boxes", "labels", "scores", "masks")
    if (
        set(found) != set(roles)
        or len({network_outputs[name].shape[0] for name in found.values()}) != 1
    ):
        return None
    return {role: found[role] for role in roles}


def _box_order(name: str) -> InferredField:
    is_matterport = "roi" in name.lower()
    reason = f"so give it networks that call them '{name}'"
    remedy = "change it in the description"
    return InferredField("box_order", "yxyx" if is_matterport else "xyxy", reason, remedy)


def orders_of(count: int, first: int) -> Orders:
    """Return names of so many classes with the hand at each place from the first one on."""
    indices = range(first, min(count, first + _MOST_TRIED))
    return tuple(_classes(count, first, index) for index in indices)


def _classes(count: int, first: int, hand: int) -> tuple[str, ...]:
    names = [BACKGROUND if index < first else f"class_{index}" for index in range(count)]
    names[hand] = HAND
    return tuple(names)
