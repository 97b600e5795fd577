"""What happens between a picture and the network: other cuts, from other sides."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.validation import Range, StrictFields
from handseg_ros.training.field_types import Positive, Probability
from handseg_ros.training.samples import BACKGROUND, IGNORE, PART, Sample, mirrored

# What the letterbox pads with (see handseg_ros.segmentation.geometry).
PADDING = (114, 114, 114)


@dataclass(frozen=True)
class CropConfig(StrictFields):
    """How a picture is cropped: `zoom` 1 fits the whole picture, more shows a part of it.

    `rotation`: degrees at most; `aspect_jitter`: the most by which the logarithm of width by height
    changes; `hand_focus`: the probability of a crop around a hand.
    """

    zoom: tuple[Positive, Positive] = (0.9, 2.0)
    rotation: Annotated[float, Range(0, 180)] = 25.0
    aspect_jitter: Annotated[float, Range(0)] = 0.15
    hand_focus: Probability = 0.6


def random_crop(
    sample: Sample, size: tuple[int, int], style: CropConfig, rng: np.random.Generator
) -> Sample:
    """Return a crop of the sample at `size` (height, width): zoomed, turned and maybe mirrored.

    With the probability `hand_focus` the crop lies around a hand, if there is one. What lies
    outside the picture is padding and background.
    """
    if rng.random() < 0.5:
        sample = mirrored(sample)
    height, width = sample.ids.shape
    fit = min(size[0] / height, size[1] / width)
    zoom = np.exp(rng.uniform(*np.log(style.zoom)))
    aspect = np.exp(rng.uniform(-style.aspect_jitter, style.aspect_jitter))
    centre = _crop_centre(sample, size, (fit * zoom), style, rng)
    warp = _warp(centre, size, rng.uniform(-1, 1) * style.rotation, fit * zoom, aspect)
    out = size[1], size[0]
    ids = cv2.warpAffine(sample.ids, warp, out, flags=cv2.INTER_NEAREST, borderValue=BACKGROUND)
    objects = sample.objects
    if objects is not None:
        grey = objects.astype(np.uint8)
        objects = cv2.warpAffine(grey, warp, out, flags=cv2.INTER_NEAREST, borderValue=0) > 0
    empty = sample.background
    return Sample(
        _warped(sample.image, warp, out, fit * zoom),
        ids,
        sample.sides,
        objects,
        None if empty is None else _warped(empty, warp, out, fit * zoom),
    )


def _warped(image: np.ndarray, warp: np.ndarray, out: tuple[int, int], scale: float) -> np.ndarray:
    if scale < 0.5:
        # The warp would skip pixels.
        image, warp = cv2.pyrDown(image), warp @ np.diag([2.0, 2.0, 1.0])
    return np.asarray(cv2.warpAffine(image, warp, out, flags=cv2.INTER_LINEAR, borderValue=PADDING))


def _crop_centre(
    sample: Sample,
    size: tuple[int, int],
    scale: float,
    style: CropConfig,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return the point (x, y) of the picture that comes to lie in the middle of the crop."""
    height, width = sample.ids.shape
    slack_x = max(0.0, (width - size[1] / scale) / 2)
    slack_y = max(0.0, (height - size[0] / scale) / 2)
    rows, columns = np.nonzero(sample.hand)
    if rows.size and rng.random() < style.hand_focus:
        index = rng.integers(rows.size)
        x = columns[index] + rng.normal(0, 0.15) * size[1] / scale
        y = rows[index] + rng.normal(0, 0.15) * size[0] / scale
        x = np.clip(x, width / 2 - slack_x, width / 2 + slack_x)
        y = np.clip(y, height / 2 - slack_y, height / 2 + slack_y)
        return float(x), float(y)
    overhang = 0.08
    x = width / 2 + rng.uniform(-1, 1) * (slack_x + overhang * width)
    y = height / 2 + rng.uniform(-1, 1) * (slack_y + overhang * height)
    return x, y


def _warp(
    centre: tuple[float, float],
    size: tuple[int, int],
    degrees: float,
    scale: float,
    aspect: float,
) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([scale * np.sqrt(aspect), scale / np.sqrt(aspect)])
    middle = np.array([size[1] / 2, size[0] / 2])
    return np.concatenate([linear, (middle - linear @ np.array(centre))[:, None]], axis=1)


def mosaic(samples: list[Sample]) -> Sample:
    """Return four samples of one size as the quarters of one twice as large in each direction.

    Objects are known where they are in all four, and so is the view without hands. Hands beyond
    the 253rd that are seen are unknown.
    """
    ids = []
    sides: list[Side] = []
    for sample in samples:
        numbers = np.arange(IGNORE + 1, dtype=np.uint8)
        for hand in np.unique(sample.ids[(sample.ids > BACKGROUND) & (sample.ids < PART)]):
            is_full = len(sides) == PART - 1
            if not is_full:
                sides.append(sample.sides[hand - 1])
            numbers[hand] = IGNORE if is_full else len(sides)
        ids.append(numbers[sample.ids])
    objects = [sample.objects for sample in samples if sample.objects is not None]
    backgrounds = [sample.background for sample in samples if sample.background is not None]
    return Sample(
        _quartered([sample.image for sample in samples]),
        _quartered(ids),
        tuple(sides),
        _quartered(objects) if len(objects) == len(samples) else None,
        _quartered(backgrounds) if len(backgrounds) == len(samples) else None,
    )


def _quartered(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.concatenate(parts[:2], axis=1), np.concatenate(parts[2:], axis=1)])
