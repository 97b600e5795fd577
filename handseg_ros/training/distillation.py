"""Labels from models that teach: a hand counts where every teacher and the colours agree.

With one teacher the picture is asked in the mirror too, as a second answer. What only some of
them take for a hand is unknown; where none does there is no hand. Decision 0006 tells why.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from handseg_ros.datasets.annotations import HAND_LABELS
from handseg_ros.datasets.conversion.member import ConvertedArea
from handseg_ros.evaluation.overlap import overlap
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.pseudo_labels import by_colour

_LABELS = {side: label for label, side in HAND_LABELS.items()}
_MIRRORED = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.UNKNOWN: Side.UNKNOWN}
# Pixels around a hand that its colours are told from, as a share of its box.
_CONTEXT = 0.5
# Teachers are unsure of an outline by so many pixels.
_OUTLINE = 2


@dataclass(frozen=True)
class Agreed:
    """How alike answers must be, as intersection over union from 0 to 1.

    `teachers`: of any two teachers' masks of a hand; `colours`: of the hand with the mask that
    GrabCut makes of it.
    """

    teachers: float = 0.75
    colours: float = 0.7


@dataclass(frozen=True)
class _Hand:
    """A hand that one teacher found: bool (H, W)."""

    mask: np.ndarray
    side: Side


def distil(
    teachers: Sequence[Segmenter], image: np.ndarray, agreed: Agreed
) -> list[ConvertedArea] | None:
    """Return the areas of a picture, uint8 (H, W, 3), BGR: agreed hands, and what is unknown.

    Unknown areas are crowds, which training leaves out. An empty list is a picture in which nobody
    finds a hand; None one in which nothing is agreed on.
    """
    answers = _answers(teachers, image)
    asked = (_agreed(hand, answers, image, agreed) for hand in answers[0])
    hands = [hand for hand in asked if hand is not None]
    found = np.zeros(image.shape[:2], bool)
    for hand in (hand for answer in answers for hand in answer):
        found |= hand.mask
    if not found.any():
        return []
    if not hands:
        return None
    known = np.logical_or.reduce([hand.mask for hand in hands])
    unknown = _grown(found) & ~known
    areas = [ConvertedArea(_LABELS[hand.side], hand.mask) for hand in hands]
    if unknown.any():
        areas.append(ConvertedArea(_LABELS[Side.UNKNOWN], unknown, is_crowd=True))
    return areas


def _answers(teachers: Sequence[Segmenter], image: np.ndarray) -> list[list[_Hand]]:
    answers = [list(_hands(teacher, image)) for teacher in teachers]
    if len(teachers) == 1:
        mirror = np.ascontiguousarray(image[:, ::-1])
        answers.append(
            [
                _Hand(np.ascontiguousarray(hand.mask[:, ::-1]), _MIRRORED[hand.side])
                for hand in _hands(teachers[0], mirror)
            ]
        )
    return answers


def _hands(teacher: Segmenter, image: np.ndarray) -> Iterator[_Hand]:
    answer = teacher.segment(image)
    ids = answer.instances()
    for hand in answer.hands:
        yield _Hand(ids == hand.id, hand.side)


def _agreed(
    hand: _Hand, answers: Sequence[Sequence[_Hand]], image: np.ndarray, agreed: Agreed
) -> _Hand | None:
    """Return what of a hand all agree on, None where they do not."""
    same = [hand]
    for answer in answers[1:]:
        best = max(answer, key=lambda other: overlap(other.mask, hand.mask).iou, default=None)
        if best is None or overlap(best.mask, hand.mask).iou < agreed.teachers:
            return None
        same.append(best)
    shared = np.logical_and.reduce([other.mask for other in same])
    coloured = _coloured(image, shared)
    if overlap(coloured, shared).iou < agreed.colours:
        return None
    sides = {other.side for other in same}
    side = sides.pop() if len(sides) == 1 else Side.UNKNOWN
    return replace(hand, mask=shared & coloured, side=side)


def _coloured(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    wide, high = round(width * _CONTEXT), round(height * _CONTEXT)
    part = (
        slice(max(0, y - high), y + height + high),
        slice(max(0, x - wide), x + width + wide),
    )
    inside = _grown(mask[part], max(_OUTLINE, min(width, height) // 10))
    result = np.zeros_like(mask)
    result[part] = by_colour(np.ascontiguousarray(image[part]), mask[part], inside)
    return result


def _grown(mask: np.ndarray, pixels: int = _OUTLINE) -> np.ndarray:
    size = 2 * pixels + 1
    return cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
