"""Masks for photos that have only boxes, where three independent signs agree.

The signs are the box that a person drew, the answer of a trained model, and the colours of the
picture (`grab_cut`). Where they disagree only the likeliest part of the box is claimed
(`likeliest_part`), and what lies outside every box is no hand.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from handseg_ros.evaluation.overlap import overlap
from handseg_ros.media.sinks import write_picture
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.box_supervision import (
    BOX_SOURCES,
    SLACK,
    BoxSupervisedImage,
    box_supervised_images,
    weak_ids,
    window,
)
from handseg_ros.training.grab_cut import colour_foreground
from handseg_ros.training.likeliest_part import likeliest_part
from handseg_ros.training.samples import BACKGROUND, IGNORE, PART


@dataclass(frozen=True)
class AgreementThresholds:
    """When a mask counts as agreed on; all are shares from 0 to 1.

    `min_box_iou`: IoU of the mask's own box with the drawn one; `max_outside_share`: mask pixels
    outside the drawn box; `min_colour_iou`: IoU with the GrabCut mask.
    """

    min_box_iou: float = 0.7
    max_outside_share: float = 0.1
    min_colour_iou: float = 0.75


_CONTEXT = 0.5
_TRUSTING = Thresholds(score=0.05, mask=0.5, minimum_area=0.0)
_GRABCUT_ROUNDS = 2
# Of a box in which a part is claimed, so much is not yet told by other boxes.
_MIN_UNKNOWN = 0.5


@dataclass(frozen=True)
class BoxCounts:
    """Boxes of a source: all, those with an agreed mask, and those of which a part is claimed."""

    boxes: int = 0
    agreed: int = 0
    partly: int = 0

    def __add__(self, other: BoxCounts) -> BoxCounts:
        return BoxCounts(
            self.boxes + other.boxes, self.agreed + other.agreed, self.partly + other.partly
        )


def label(
    segmenter: Segmenter, picture: BoxSupervisedImage, agreement: AgreementThresholds
) -> tuple[np.ndarray, BoxCounts]:
    """Return ids, uint8 (H, W), and what became of the boxes; IGNORE is what nothing is known of.

    A box has the hand that all signs agree on, else its `likeliest_part` is PART. A hand that
    nobody boxed is IGNORE where the model finds one outside the boxes.
    """
    ids = weak_ids(picture)
    unboxed = (segmenter.segment(picture.image).mask() > 0) & (ids == BACKGROUND)
    ids[unboxed] = IGNORE
    crops = [_crop(picture, box) for box in picture.boxes]
    masks = [_agreed(segmenter, crop, agreement) for crop in crops]
    hands = parts = 0
    for crop, agreed in zip(crops, masks, strict=True):
        if agreed is not None:
            hands += 1
            # What another box has told already stays: slack reaches into its neighbours.
            unknown = ids[crop.window] == IGNORE
            ids[crop.window][agreed.hand & unknown] = hands
            ids[crop.window][agreed.clear & unknown] = BACKGROUND
    for crop, agreed in zip(crops, masks, strict=True):
        if agreed is None and (part := _free_part(segmenter, crop, ids)) is not None:
            parts += 1
            ids[crop.window][part] = PART
    return ids, BoxCounts(len(picture.boxes), hands, parts)


@dataclass(frozen=True)
class _Crop:
    """A box with its surroundings: where it lies in the picture, and its pixels, BGR.

    `drawn` and `inside`, bool (h, w): the box as drawn, and with the slack that boxes have.
    """

    window: tuple[slice, slice]
    image: np.ndarray
    drawn: np.ndarray
    inside: np.ndarray


@dataclass(frozen=True)
class _AgreedHand:
    """What is hand and what is certainly none around a box, bool (h, w)."""

    hand: np.ndarray
    clear: np.ndarray


def _crop(picture: BoxSupervisedImage, box: np.ndarray) -> _Crop:
    around = window(box, picture.image.shape, _CONTEXT)
    image = np.ascontiguousarray(picture.image[around])
    moved = box - np.tile([around[1].start, around[0].start], 2)
    drawn, inside = np.zeros(image.shape[:2], bool), np.zeros(image.shape[:2], bool)
    drawn[window(moved, drawn.shape, 0.0)] = True
    inside[window(moved, inside.shape, SLACK)] = True
    return _Crop(around, image, drawn, inside)


def _agreed(
    segmenter: Segmenter, crop: _Crop, agreement: AgreementThresholds
) -> _AgreedHand | None:
    found = segmenter.segment(crop.image, _TRUSTING).mask() > 0
    if not (found & crop.inside).any():
        return None
    if (found & ~crop.inside).sum() > agreement.max_outside_share * found.sum():
        return None
    found &= crop.inside
    if overlap(_filled_box(found), crop.drawn).iou < agreement.min_box_iou:
        return None
    coloured = by_colour(crop.image, found, crop.inside)
    if overlap(coloured, found).iou < agreement.min_colour_iou:
        return None
    return _AgreedHand(found & coloured, crop.inside & ~found & ~coloured)


def _free_part(segmenter: Segmenter, crop: _Crop, ids: np.ndarray) -> np.ndarray | None:
    """Return the likeliest part of a box where nothing is known yet.

    None where there is none, or where the box is for the most part another hand's.
    """
    unknown = ids[crop.window] == IGNORE
    if np.count_nonzero(unknown & crop.drawn) < _MIN_UNKNOWN * np.count_nonzero(crop.drawn):
        return None
    part = likeliest_part(segmenter, crop.image, crop.drawn)
    return part & unknown if part is not None and (part & unknown).any() else None


def _filled_box(mask: np.ndarray) -> np.ndarray:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    filled = np.zeros_like(mask)
    filled[y : y + height, x : x + width] = True
    return filled


def by_colour(crop: np.ndarray, found: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return bool (H, W): the hand as its colours tell it, starting from the model's answer."""
    labels = np.where(found, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[~inside] = cv2.GC_BGD
    return colour_foreground(crop, labels, _GRABCUT_ROUNDS)


def write_labels(
    segmenter: Segmenter, data: Path, sources: tuple[str, ...], longest: int, out: Path
) -> dict[str, BoxCounts]:
    """Write OUT/SOURCE/NAME.png for every boxed photo; returns what became of the boxes."""
    counts = {}
    for source in (name for name in sources if name in BOX_SOURCES):
        folder = out / source
        folder.mkdir(parents=True, exist_ok=True)
        total = BoxCounts()
        for picture in tqdm(
            box_supervised_images(data, source, longest), desc=source, unit="picture"
        ):
            if BOX_SOURCES[source].tight:
                ids, counted = label(segmenter, picture, AgreementThresholds())
            else:
                ids, counted = weak_ids(picture), BoxCounts(len(picture.boxes))
            write_picture(folder / f"{picture.name}.png", ids)
            total += counted
        counts[source] = total
    return counts
