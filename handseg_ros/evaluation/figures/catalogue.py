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
FIGURES: tuple[Figure, ...] = (*FRAME_FIGURES, *HAND_FIGURES)
# Names and titles of `mask_ap.py`'s figures, which are no ratios of sums.
AP_FIGURES: dict[str, str] = {
    "mask_ap": "COCO mask AP",
    "mask_ap50": "COCO mask AP50",
    "mask_ap75": "COCO mask AP75",
    "box_ap": "COCO box AP",
    "box_ap50": "COCO box AP50",
    "box_ap75": "COCO box AP75",
}
AP_MEANING = (
    "COCO's average precision of masks or of the boxes around them, at the model's own score "
    "threshold, over frames in which single hands are labelled; mean over IoU thresholds from 0.50 "
    "to 0.95, or at 0.50 or 0.75"
)
LESS_IS_BETTER = frozenset({FALSE_AREA.name, FALSE_RATE.name, IDENTITY_SWITCHES.name})


def titles() -> dict[str, str]:
    """Return the title of every figure by its name, in order."""
    own = {figure.name: figure.title for figure in FIGURES}
    return own | AP_FIGURES


def meanings() -> dict[str, str]:
    """Return the definition of every figure by its name, in order."""
    own = {figure.name: figure.meaning for figure in FIGURES}
    return own | dict.fromkeys(AP_FIGURES, AP_MEANING)
