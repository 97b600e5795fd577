"""Masks for photos that have only boxes, where three independent signs agree.

The signs are the box that a person drew, the answer of a trained model, and the colours of the
picture (GrabCut, Rother et al., SIGGRAPH 2004). Where they disagree nothing is claimed, and what
lies outside every box is no hand.
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
from handseg_ros.training.samples import BACKGROUND, IGNORE


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


def label(
    segmenter: Segmenter, picture: BoxSupervisedImage, agreement: AgreementThresholds
) -> tuple[np.ndarray, int]:
    """Return ids, uint8 (H, W), and the number of hands agreed on; the rest of each box is IGNORE.

    A hand that nobody boxed is IGNORE too where the model finds one outside the boxes.
    """
    ids = weak_ids(picture)
    unboxed = (segmenter.segment(picture.image).mask() > 0) & (ids == BACKGROUND)
    ids[unboxed] = IGNORE
    hands = 0
    for box in picture.boxes:
        around = window(box, ids.shape, _CONTEXT)
        agreed = _agreed(segmenter, picture, box, agreement)
        if agreed is None:
            continue
        hands += 1
        hand, clear = agreed
        ids[around][hand] = hands
        ids[around][clear] = BACKGROUND
    return ids, hands


def _agreed(
    segmenter: Segmenter,
    picture: BoxSupervisedImage,
    box: np.ndarray,
    agreement: AgreementThresholds,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what is hand and what is certainly none around a box, or None."""
    around = window(box, picture.image.shape, _CONTEXT)
    crop = np.ascontiguousarray(picture.image[around])
    inside = np.zeros(crop.shape[:2], bool)
    moved = box - np.tile([around[1].start, around[0].start], 2)
    inside[window(moved, inside.shape, SLACK)] = True
    found = segmenter.segment(crop, _TRUSTING).mask() > 0
    if not (found & inside).any():
        return None
    if (found & ~inside).sum() > agreement.max_outside_share * found.sum():
        return None
    found &= inside
    drawn = np.zeros_like(inside)
    drawn[window(moved, inside.shape, 0.0)] = True
    if overlap(_filled_box(found), drawn).iou < agreement.min_box_iou:
        return None
    coloured = by_colour(crop, found, inside)
    if overlap(coloured, found).iou < agreement.min_colour_iou:
        return None
    return found & coloured, inside & ~found & ~coloured


def _filled_box(mask: np.ndarray) -> np.ndarray:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    filled = np.zeros_like(mask)
    filled[y : y + height, x : x + width] = True
    return filled


def by_colour(crop: np.ndarray, found: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return bool (H, W): the hand as its colours tell it, starting from the model's answer."""
    labels = np.where(found, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[~inside] = cv2.GC_BGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    whole = 0, 0, crop.shape[1], crop.shape[0]
    cv2.setRNGSeed(0)
    cv2.grabCut(crop, labels, whole, *models, _GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def write_labels(
    segmenter: Segmenter, data: Path, sources: tuple[str, ...], longest: int, out: Path
) -> dict[str, tuple[int, int]]:
    """Write OUT/SOURCE/NAME.png for every boxed photo; returns boxes and agreed hands by source."""
    counts = {}
    for source in (name for name in sources if name in BOX_SOURCES):
        folder = out / source
        folder.mkdir(parents=True, exist_ok=True)
        boxes = agreed = 0
        for picture in tqdm(
            box_supervised_images(data, source, longest), desc=source, unit="picture"
        ):
            if BOX_SOURCES[source].tight:
                ids, hands = label(segmenter, picture, AgreementThresholds())
            else:
                ids, hands = weak_ids(picture), 0
            write_picture(folder / f"{picture.name}.png", ids)
            boxes, agreed = boxes + len(picture.boxes), agreed + hands
        counts[source] = boxes, agreed
    return counts
