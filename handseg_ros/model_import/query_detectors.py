"""Detection of networks that give a mask of the image for each query or detection, and YOLACT."""

from __future__ import annotations

from handseg_ros.model_import.box_detectors import orders_of
from handseg_ros.model_import.family_guess import DecoderMatch
from handseg_ros.model_import.output_statistics import NetworkOutputs, OutputStatistics
from handseg_ros.segmentation.description import LEFT_HAND, RIGHT_HAND, InputDescription
from handseg_ros.segmentation.errors import ModelError

# Boxes as shares of the image may reach a little beyond it.
_BEYOND = 0.2
_EDGES, _WITH_SCORE = 4, 5


def detect_rf_detr_seg(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Match boxes (1, N, 4), logits (1, N, classes) and masks (1, N, rows, columns)."""
    masks = [name for name, statistics in network_outputs.items() if len(statistics.shape) == 4]
    if len(network_outputs) != 3 or len(masks) != 1:
        return None
    count = network_outputs[masks[0]].shape[1]
    lists = [name for name, statistics in network_outputs.items() if _is_list(statistics, count)]
    boxes = [name for name in lists if _are_shares(network_outputs[name])]
    if len(lists) != 2 or not boxes:
        return None
    # Four classes look like boxes, whose name then tells.
    box = next((name for name in boxes if "box" in name.lower() or "det" in name.lower()), boxes[0])
    (logits,) = (name for name in lists if name != box)
    classes = network_outputs[logits].shape[2]
    orders = orders_of(classes, 0)
    if classes == 3:
        orders = (*orders, ("class_0", LEFT_HAND, RIGHT_HAND), (LEFT_HAND, RIGHT_HAND, "class_2"))
    reason = f"'{box}', '{logits}' and '{masks[0]}' are boxes, classes and masks of {count} queries"
    outputs = {"logits": logits, "masks": masks[0]}
    return DecoderMatch("rf_detr_seg", reason, outputs, orders, usual="imagenet")


def detect_rtmdet_ins(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Return the match for boxes with scores (1, N, 5), labels (1, N) and masks of the image."""
    found: dict[str, str] = {}
    for name, statistics in network_outputs.items():
        if len(statistics.shape) == 3 and statistics.shape[2] == _WITH_SCORE:
            found["boxes"] = name
        elif len(statistics.shape) == 2 and statistics.is_whole:
            found["labels"] = name
        elif len(statistics.shape) == 4 and statistics.shape[2:] == (
            description.height,
            description.width,
        ):
            found["masks"] = name
    if set(found) != {"boxes", "labels", "masks"}:
        return None
    if len({network_outputs[name].shape[:2] for name in found.values()}) != 1:
        return None
    classes = 1 + max(0, int(network_outputs[found["labels"]].highest))
    orders = orders_of(classes, 0)
    if classes == 2:
        orders = ((LEFT_HAND, RIGHT_HAND), *orders)
    reason = "it gives boxes with scores, labels, and a mask of the whole image for each"
    return DecoderMatch(
        "rtmdet_ins", reason, found, orders, resize="letterbox", usual="imagenet", colour="BGR"
    )


def refuse_yolact(
    network_outputs: NetworkOutputs, description: InputDescription
) -> DecoderMatch | None:
    """Raise ModelError for the outputs of YOLACT; returns None for others.

    That is, for each anchor, boxes, classes and as many coefficients as there are prototypes.
    """
    counts = {
        statistics.shape[1] for statistics in network_outputs.values() if len(statistics.shape) == 3
    }
    maps = [
        statistics.shape for statistics in network_outputs.values() if len(statistics.shape) == 4
    ]
    if len(counts) != 1 or len(maps) != 1:
        return None
    sizes = [
        statistics.shape[2] for statistics in network_outputs.values() if len(statistics.shape) == 3
    ]
    prototypes = {maps[0][1], maps[0][3]} & set(sizes)
    if len(sizes) == 3 and _EDGES in sizes and prototypes:
        raise ModelError(
            "the network gives boxes, classes and mask coefficients of "
            f"{counts.pop()} anchors beside prototypes, as YOLACT does, which is not decoded: take "
            "a network of the families 'yolo_seg', 'rtmdet_ins' or 'rf_detr_seg' in its place"
        )
    return None


def _is_list(statistics: OutputStatistics, count: int) -> bool:
    return len(statistics.shape) == 3 and statistics.shape[:2] == (1, count)


def _are_shares(statistics: OutputStatistics) -> bool:
    in_image = statistics.lowest >= -_BEYOND and statistics.highest <= 1 + _BEYOND
    return statistics.shape[2] == _EDGES and in_image
