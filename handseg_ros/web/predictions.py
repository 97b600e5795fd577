"""What is answered to a posted picture, and the schema that /openapi.json has of it.

`Predictions` is the response of Hand Mask R-CNN's service (its `docker/app.py`), with more fields
beside: what reads that one reads this one.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import enum

import cv2
import numpy as np
from pydantic import BaseModel, Field

from handseg_ros.segmentation.hands import Hand, Segmentation
from handseg_ros.segmentation.run_lengths import run_counts

HAND_CLASS = 1  # 0 is the background


class MaskFormat(enum.Enum):
    """How `mask` of a prediction comes; `rle` is there in any case."""

    PNG = "png"
    NONE = "none"


class RunLengths(BaseModel):
    """A mask as COCO's uncompressed run lengths, column after column, the first of background."""

    size: tuple[int, int] = Field(description="height and width of the picture")
    counts: list[int] = Field(description="lengths of runs of 0 and 1 in turn")


class Prediction(BaseModel):
    """One hand."""

    roi: tuple[int, int, int, int] = Field(
        description="top, left, bottom and right in pixels; the last two are just outside"
    )
    class_id: int = Field(description="1, a hand")
    score: float = Field(description="confidence that this is a hand, 0 to 1")
    mask: str | None = Field(
        description="PNG of the whole picture's size in base64: 0, and 255 where the hand is; null "
        "where it was not asked for"
    )
    side: str = Field(description="left, right or unknown")
    side_confidence: float = Field(description="probability that the side is right; 0: unknown")
    area: int = Field(description="pixels of the hand")
    rle: RunLengths


class Predictions(BaseModel):
    """The hands of a picture, highest score first."""

    success: bool = True
    predictions: list[Prediction]
    width: int = Field(description="of the posted picture, upright, in pixels")
    height: int
    model: str = Field(description="name and version of the model")
    overlay: str | None = Field(
        None, description="JPEG in base64: the picture with its hands drawn, where asked for"
    )


class Failure(BaseModel):
    """Why a request was not answered."""

    success: bool = False
    status: int = Field(description="the response's status")
    reason: str = Field(description="what is wrong, why, and what helps, in one sentence")


EXAMPLE = Predictions(
    predictions=[
        Prediction(
            roi=(1, 1, 3, 4),
            class_id=HAND_CLASS,
            score=0.97,
            mask="iVBORw0KGgoAAAANSUhEUgAAAAYAAAAECAAAAACIbxGfAAAAGklEQVQIHR3BAQ0AAAzDIOpf9J8M"
            "MjmSI5kHH1wCBW2mvTgAAAAASUVORK5CYII=",
            side="left",
            side_confidence=0.99,
            area=6,
            rle=RunLengths(size=(4, 6), counts=[5, 2, 2, 2, 2, 2, 9]),
        )
    ],
    width=6,
    height=4,
    model="hands 0.4.0",
    overlay=None,
)


def predictions_of(segmentation: Segmentation, mask_format: MaskFormat) -> list[Prediction]:
    """Return a picture's hands as the service answers them."""
    return [_prediction(hand, segmentation, mask_format) for hand in segmentation.hands]


def _prediction(hand: Hand, frame: Segmentation, mask_format: MaskFormat) -> Prediction:
    box, shape = hand.box, (frame.height, frame.width)
    return Prediction(
        roi=(box.y, box.x, box.y + box.height, box.x + box.width),
        class_id=HAND_CLASS,
        score=float(hand.score),
        mask=_png(hand, shape) if mask_format is MaskFormat.PNG else None,
        side=hand.side.name.lower(),
        side_confidence=float(hand.side_confidence),
        area=hand.area,
        rle=RunLengths(size=shape, counts=run_counts(hand.mask > 0, box, shape)),
    )


def _png(hand: Hand, shape: tuple[int, int]) -> str:
    whole = np.zeros(shape, np.uint8)
    whole[hand.box.slices] = hand.mask
    return encoded(".png", whole)


def encoded(suffix: str, picture: np.ndarray) -> str:
    """Return a picture, uint8 (height, width[, 3]), BGR, as a file of that kind in base64."""
    _, data = cv2.imencode(suffix, picture)
    return base64.b64encode(data.tobytes()).decode("ascii")
