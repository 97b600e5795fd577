"""What happens between a picture and the network: other cuts, other light, other cameras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import cv2
import numpy as np

from handseg_ros.segmentation.validation import Range, StrictFields
from handseg_ros.training.field_types import Positive, Probability
from handseg_ros.training.samples import BACKGROUND, IGNORE, Sample, mirrored

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

    Objects are known where they are in all four, and a view without hands there is none.
    """
    ids = []
    sides: list = []
    for sample in samples:
        known = (sample.ids != BACKGROUND) & (sample.ids != IGNORE)
        ids.append(np.where(known, sample.ids + len(sides), sample.ids).astype(np.uint8))
        sides.extend(sample.sides)
    objects = [sample.objects for sample in samples if sample.objects is not None]
    return Sample(
        _quartered([sample.image for sample in samples]),
        _quartered(ids),
        tuple(sides),
        _quartered(objects) if len(objects) == len(samples) else None,
    )


def _quartered(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.concatenate(parts[:2], axis=1), np.concatenate(parts[2:], axis=1)])


def random_photometric(sample: Sample, rng: np.random.Generator, blur: float = 0.4) -> Sample:
    """Return the sample in another light, from another camera; where things are stays.

    `blur` is the chance of a camera that moves, is out of focus or has few pixels.
    """
    image = sample.image.astype(np.float32)
    image *= np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    if rng.random() < 0.4:
        image *= _hard_light(sample.ids.shape, rng)[..., None]
    image = (image - 128) * np.float32(rng.uniform(0.6, 1.35)) + 128
    image = np.clip(image + np.float32(rng.normal(0, 14)), 0, 255)
    image = 255 * (image / 255) ** np.float32(np.exp(rng.normal(0, 0.3)))
    image = _random_saturation(image, rng)
    image = _random_blur(image, rng, blur)
    if rng.random() < 0.4:
        spread = np.float32(rng.uniform(2, 14))
        image = image + rng.standard_normal(image.shape, np.float32) * spread
    result = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        result = _recompressed(result, int(rng.integers(25, 85)))
    return replace(sample, image=result)


def _hard_light(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return gains, float32 (H, W): one side of a random line lies in shadow, softly or sharply."""
    angle, shift = rng.uniform(0, 2 * np.pi), rng.uniform(-0.6, 0.6)
    rows = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    side = np.float32(np.cos(angle)) * columns + np.float32(np.sin(angle)) * rows
    sharpness = np.float32(np.exp(rng.uniform(0.5, 3.5)))
    lit = 1 / (1 + np.exp(-sharpness * (side - np.float32(shift))))
    dark = np.float32(rng.uniform(0.3, 0.9))
    return dark + (np.float32(rng.uniform(1.0, 1.3)) - dark) * lit


def _random_saturation(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    amount = 0.0 if rng.random() < 0.08 else rng.uniform(0.5, 1.4)
    # Each channel becomes its own share of itself and the rest of the mean of all three.
    mixing = np.eye(3) * amount + np.full((3, 3), (1.0 - amount) / 3)
    return np.asarray(cv2.transform(image, mixing.astype(np.float32)))


def _random_blur(image: np.ndarray, rng: np.random.Generator, blur: float) -> np.ndarray:
    chance = rng.random() * 0.4 / max(blur, 1e-6)
    if chance < 0.15:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.8))
    if chance < 0.3:
        length = int(rng.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        reach = (length - 1) / 2 * np.array([np.cos(angle), np.sin(angle)])
        start, end = (length - 1) / 2 - reach, (length - 1) / 2 + reach
        cv2.line(kernel, tuple(np.rint(start).astype(int)), tuple(np.rint(end).astype(int)), 1.0)
        return cv2.filter2D(image, -1, kernel / kernel.sum())
    if chance < 0.4:
        height, width = image.shape[:2]
        share = rng.uniform(0.35, 0.7)
        small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return image


def _recompressed(image: np.ndarray, quality: int) -> np.ndarray:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
