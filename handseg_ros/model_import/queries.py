"""Outputs that belong to detections: as many boxes, classes, masks or coefficients as each other.

A map of so many channels beside them is no map of classes, whatever its size.
"""

from __future__ import annotations

from handseg_ros.model_import.output_statistics import NetworkOutputs

# Of a row of boxes: four edges, with a score, with score and class.
_BOX_SIZES = (4, 5, 6, 7)


def has_detections(network_outputs: NetworkOutputs) -> bool:
    """Whether one of the outputs is a list of boxes, or of classes for as many masks."""
    return bool(box_outputs(network_outputs)) or bool(_query_classes(network_outputs))


def box_outputs(network_outputs: NetworkOutputs) -> list[str]:
    """Return the names of lists of boxes, (N, 4) or (1, N, 4) with up to three numbers more.

    What has rows and columns of its own, such as a map of few columns, has none such beside it.
    """
    return [
        name
        for name, statistics in network_outputs.items()
        if _row(statistics.shape) in _BOX_SIZES and len(network_outputs) > 1
    ]


def _query_classes(network_outputs: NetworkOutputs) -> list[str]:
    """Return lists (1, N, classes) beside maps (1, N, rows, columns), as MaskFormer gives them."""
    counts = {
        statistics.shape[1] for statistics in network_outputs.values() if len(statistics.shape) == 4
    }
    return [
        name
        for name, statistics in network_outputs.items()
        if len(statistics.shape) == 3
        and statistics.shape[0] == 1
        and statistics.shape[1] in counts - {1}
    ]


def _row(shape: tuple[int, ...]) -> int:
    """Return how many numbers a list has in each row, 0 for what is no list."""
    # One row alone may be the classes of the whole image.
    is_list = (len(shape) == 2 and shape[0] != 1) or (len(shape) == 3 and shape[0] == 1)
    return shape[-1] if is_list else 0
