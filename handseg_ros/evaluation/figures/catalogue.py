"""All figures in the order in which they are shown."""

from __future__ import annotations

from handseg_ros.evaluation.figures.hand_free import FALSE_AREA, FALSE_RATE
from handseg_ros.evaluation.figures.hands import HAND_IOU, HAND_RECALL
from handseg_ros.evaluation.figures.identities import IDENTITY_SWITCHES
from handseg_ros.evaluation.figures.objects import OBJECT_IOU
from handseg_ros.evaluation.figures.outlines import BOUNDARY_PIXELS, BOUNDARY_SHARE
from handseg_ros.evaluation.figures.parts import Figure, FrameFigure, HandFigure
from handseg_ros.evaluation.figures.pixels import IOU, IOU_POOLED, PRECISION, RECALL
from handseg_ros.evaluation.figures.sides import SIDE_KNOWN, SIDE_RIGHT
from handseg_ros.evaluation.figures.steadiness import NEIGHBOUR_IOU

FRAME_FIGURES: tuple[FrameFigure, ...] = (
    IOU,
    IOU_POOLED,
    PRECISION,
    RECALL,
    BOUNDARY_PIXELS,
    BOUNDARY_SHARE,
    FALSE_AREA,
    FALSE_RATE,
    NEIGHBOUR_IOU,
    IDENTITY_SWITCHES,
    OBJECT_IOU,
)
HAND_FIGURES: tuple[HandFigure, ...] = (HAND_RECALL, HAND_IOU, SIDE_RIGHT, SIDE_KNOWN)
RATIOS: tuple[Figure, ...] = (*FRAME_FIGURES, *HAND_FIGURES)
_SHAPES = {"mask": "masks", "box": "boxes around hands"}
_THRESHOLDS = {
    "": "averaged over the IoU thresholds 0.50, 0.55, ... 0.95",
    "50": "at an IoU of 0.50",
    "75": "at an IoU of 0.75",
}
# Those of `mask_ap.py`, which are no ratios of sums.
AP_FIGURES: tuple[Figure, ...] = tuple(
    Figure(
        f"{shape}_ap{number}",
        f"COCO {shape} AP{number}",
        f"COCO's average precision of {shapes} {threshold}, over frames in which single hands are "
        "labelled; hands below the model's own score threshold have no part",
    )
    for shape, shapes in _SHAPES.items()
    for number, threshold in _THRESHOLDS.items()
)
FIGURES: tuple[Figure, ...] = (*RATIOS, *AP_FIGURES)
LESS_IS_BETTER = frozenset({FALSE_AREA.name, FALSE_RATE.name, IDENTITY_SWITCHES.name})


def titles() -> dict[str, str]:
    """Return the title of every figure by its name, in order."""
    return {figure.name: figure.title for figure in FIGURES}


def meanings() -> dict[str, str]:
    """Return the definition of every figure by its name, in order."""
    return {figure.name: figure.meaning for figure in FIGURES}
