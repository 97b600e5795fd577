"""All figures in the order in which they are shown."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.evaluation.metrics.boundary_f import BOUNDARY_PIXELS, BOUNDARY_SHARE
from handseg_ros.evaluation.metrics.false_positives import FALSE_AREA, FALSE_RATE, LEFT_ALONE
from handseg_ros.evaluation.metrics.hand_recall import HAND_IOU, HAND_RECALL
from handseg_ros.evaluation.metrics.handedness import SIDE_KNOWN, SIDE_RIGHT
from handseg_ros.evaluation.metrics.id_switches import IDENTITY_SWITCHES
from handseg_ros.evaluation.metrics.metric import FrameMetric, HandMetric, Metric
from handseg_ros.evaluation.metrics.object_iou import OBJECT_IOU
from handseg_ros.evaluation.metrics.pixel_iou import IOU, IOU_POOLED, PRECISION, RECALL
from handseg_ros.evaluation.metrics.temporal_consistency import NEIGHBOUR_IOU

FRAME_METRICS: tuple[FrameMetric, ...] = (
    IOU,
    IOU_POOLED,
    PRECISION,
    RECALL,
    BOUNDARY_PIXELS,
    BOUNDARY_SHARE,
    FALSE_AREA,
    FALSE_RATE,
    LEFT_ALONE,
    NEIGHBOUR_IOU,
    IDENTITY_SWITCHES,
    OBJECT_IOU,
)
HAND_METRICS: tuple[HandMetric, ...] = (HAND_RECALL, HAND_IOU, SIDE_RIGHT, SIDE_KNOWN)
RATIO_METRICS: tuple[Metric, ...] = (*FRAME_METRICS, *HAND_METRICS)
_SHAPES = {"mask": "masks", "box": "boxes around hands"}
_THRESHOLDS = {
    "": "averaged over the IoU thresholds 0.50, 0.55, ... 0.95",
    "50": "at an IoU of 0.50",
    "75": "at an IoU of 0.75",
}
# Those of `mask_ap.py`, which are no ratios of sums.
AP_METRICS: tuple[Metric, ...] = tuple(
    Metric(
        f"{shape}_ap{number}",
        f"COCO {shape} AP{number}",
        f"COCO's average precision of {shapes} {threshold}, over frames in which single hands are "
        "labelled; hands below the model's own score threshold have no part",
        "[6], computed by pycocotools",
    )
    for shape, shapes in _SHAPES.items()
    for number, threshold in _THRESHOLDS.items()
)
METRICS: tuple[Metric, ...] = (*RATIO_METRICS, *AP_METRICS)
LOWER_IS_BETTER = frozenset({FALSE_AREA.name, FALSE_RATE.name, IDENTITY_SWITCHES.name})


def titles() -> dict[str, str]:
    """Return the title of every figure by its name, in order."""
    return {figure.name: figure.title for figure in METRICS}


def meanings() -> dict[str, str]:
    """Return the definition of every figure by its name, in order."""
    return {figure.name: figure.meaning for figure in METRICS}
