"""Cut and paste: real hands on pictures they were not taken in, with masks that stay exact.

Forearms that come with a hand are pasted too and are background; so are the things that are laid
over a hand.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.validation import StrictFields
from handseg_ros.training.data_sources import Cutout
from handseg_ros.training.field_types import Positive, Probability
from handseg_ros.training.samples import BACKGROUND, Sample

# Monk Skin Tone scale (E. Monk, 2022), tones 1 to 10, RGB.
MONK_TONES = np.array(
    [
        (246, 237, 228), (243, 231, 219), (247, 234, 208), (234, 218, 186), (215, 189, 150),
        (160, 126, 86), (130, 92, 67), (96, 65, 52), (58, 49, 42), (41, 36, 32),
    ],
    np.float32,
)  # fmt: skip


@dataclass(frozen=True)
class PasteConfig(StrictFields):
    """How hands are pasted: probabilities 0 to 1, sizes as shares of the picture's side."""

    size: tuple[Positive, Positive] = (0.06, 0.65)
    retone: Probability = 0.6
    glove: Probability = 0.06
    shadow: Probability = 0.4
    sleeve: Probability = 0.35
    occlusion: Probability = 0.15
    backlight: Probability = 0.0


def paste(sample: Sample, cutout: Cutout, style: PasteConfig, rng: np.random.Generator) -> Sample:
    """Return the sample with the hand laid on it as its last id, at a random place and angle.

    Nothing is pasted when less than a fifth of the hand would be visible.
    """
    dressed = _restyle(_random_side(cutout, rng), style, rng)
    placed = _place(dressed, sample.ids.shape, style, rng)
    whole = np.count_nonzero(dressed.hand) or 1
    scale = placed.scale**2
    if np.count_nonzero(placed.cutout.hand) < 0.2 * whole * scale:
        return sample
    light = _harmonised(placed.cutout, sample.image, rng)
    image = sample.image.astype(np.float32)
    if style.backlight and rng.random() < style.backlight:
        # A window or a lamp behind the hand: bright ground, dark skin.
        image, light = image * rng.uniform(1.0, 1.8), light * rng.uniform(0.25, 0.6)
    if rng.random() < style.shadow:
        image *= 1.0 - _shadow(placed.cutout.alpha, rng)[..., None]
    opacity = _opacity(placed.cutout.alpha)
    image = image * (1 - opacity) + light * opacity
    ids = sample.ids.copy()
    ids[placed.cutout.alpha > 127] = BACKGROUND
    ids[placed.cutout.hand > 127] = len(sample.sides) + 1
    mixed = np.clip(image, 0, 255).astype(np.uint8)
    return Sample(mixed, ids, (*sample.sides, dressed.side))


def occlude(sample: Sample, texture: np.ndarray, rng: np.random.Generator) -> Sample:
    """Return the sample with a thing of the given texture, uint8 RGB, laid over a part of a hand.

    What is covered is background: a held object is no hand.
    """
    rows, columns = np.nonzero(sample.hand)
    if not rows.size:
        return sample
    index = rng.integers(rows.size)
    height, width = sample.ids.shape
    reach = np.sqrt(rows.size) * rng.uniform(0.15, 0.5)
    angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 9)))
    radius = reach * rng.uniform(0.5, 1.5, angles.size)
    outline = np.stack(
        [columns[index] + radius * np.cos(angles), rows[index] + radius * np.sin(angles)], axis=1
    )
    shape = np.zeros((height, width), np.uint8)
    cv2.fillPoly(shape, [np.rint(outline).astype(np.int32)], 255)
    filling = cv2.resize(texture, (width, height), interpolation=cv2.INTER_AREA)
    opacity = _opacity(shape)
    image = (sample.image * (1 - opacity) + filling * opacity).astype(np.uint8)
    return replace(sample, image=image, ids=np.where(shape > 127, BACKGROUND, sample.ids))


def without_hand(cutout: Cutout) -> Cutout:
    """Return the forearm alone: skin, and no hand."""
    reach = max(3, int(0.04 * max(cutout.hand.shape)))
    hand = cv2.dilate(cutout.hand, np.ones((reach, reach), np.uint8))
    alpha = np.where(hand > 127, 0, cutout.alpha).astype(np.uint8)
    return replace(cutout, alpha=alpha, hand=np.zeros_like(cutout.hand))


def paste_forearm(
    sample: Sample, cutout: Cutout, style: PasteConfig, rng: np.random.Generator
) -> Sample:
    """Return the sample with a forearm without its hand laid on it: background throughout."""
    arm = _restyle(without_hand(cutout), replace(style, sleeve=0.0, glove=0.0), rng)
    placed = _place(replace(arm, hand=arm.alpha), sample.ids.shape, style, rng)
    light = _harmonised(placed.cutout, sample.image, rng)
    opacity = _opacity(placed.cutout.alpha)
    image = (sample.image * (1 - opacity) + light * opacity).astype(np.uint8)
    ids = np.where(placed.cutout.alpha > 127, BACKGROUND, sample.ids)
    return replace(sample, image=image, ids=ids)


def tint_like_skin(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the picture, uint8 (H, W, 3) RGB, in the colours of skin: wood, leather, sand."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None] / 255
    tone = _tone(rng)
    tinted = tone * (0.35 + 0.9 * grey)
    strength = rng.uniform(0.4, 0.9)
    return np.clip(image * (1 - strength) + tinted * strength, 0, 255).astype(np.uint8)


def _opacity(alpha: np.ndarray) -> np.ndarray:
    """Return float32 (H, W, 1), soft inside the edge, and never outside where colours are void."""
    soft = np.minimum(cv2.GaussianBlur(alpha, (3, 3), 0), alpha)
    return (soft / np.float32(255))[..., None]


@dataclass(frozen=True)
class _PlacedCutout:
    cutout: Cutout
    scale: float


def _random_side(cutout: Cutout, rng: np.random.Generator) -> Cutout:
    if rng.random() < 0.5:
        return cutout
    swap = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.UNKNOWN: Side.UNKNOWN}
    image, alpha, hand = (
        np.ascontiguousarray(part[:, ::-1]) for part in (cutout.image, cutout.alpha, cutout.hand)
    )
    return Cutout(image, alpha, hand, swap[cutout.side])


def _restyle(cutout: Cutout, style: PasteConfig, rng: np.random.Generator) -> Cutout:
    """Give the hand another skin tone, or a glove, or a sleeve that ends at the wrist."""
    image = cutout.image.astype(np.float32)
    skin = cutout.alpha > 127
    mean = image[skin].mean(axis=0) if skin.any() else np.full(3, 128, np.float32)
    if rng.random() < style.glove:
        grey = image.mean(axis=2, keepdims=True) / max(float(mean.mean()), 1.0)
        gloved = grey * rng.uniform(15, 240, 3).astype(np.float32)
        image = np.where(cutout.hand[..., None] > 127, gloved, image)
    elif rng.random() < style.retone:
        image = image * (_tone(rng) / np.maximum(mean, 20)) ** rng.uniform(0.5, 1.0)
    alpha = cutout.alpha
    if rng.random() < style.sleeve:
        colour = rng.uniform(10, 245, 3).astype(np.float32)
        folds = 0.7 + 0.3 * image.mean(axis=2, keepdims=True) / 128
        image = np.where(cutout.hand[..., None] > 127, image, colour * folds)
    return replace(cutout, image=np.clip(image, 0, 255).astype(np.uint8), alpha=alpha)


def _tone(rng: np.random.Generator) -> np.ndarray:
    position = rng.uniform(1, len(MONK_TONES) - 1)
    low = int(position)
    share = np.float32(position - low)
    high = min(low + 1, len(MONK_TONES) - 1)
    return MONK_TONES[low] * (1 - share) + MONK_TONES[high] * share


def _place(
    cutout: Cutout, shape: tuple[int, ...], style: PasteConfig, rng: np.random.Generator
) -> _PlacedCutout:
    height, width = shape[:2]
    share = np.exp(rng.uniform(np.log(style.size[0]), np.log(style.size[1])))
    wanted = share * np.sqrt(height * width)
    area = int(np.count_nonzero(cutout.hand)) or 1
    scale = float(wanted / np.sqrt(area))
    angle = rng.uniform(-180, 180) if rng.random() < 0.6 else rng.uniform(-25, 25)
    moments = cv2.moments(cutout.hand, binaryImage=True)
    centre = moments["m10"] / max(1, moments["m00"]), moments["m01"] / max(1, moments["m00"])
    warp = cv2.getRotationMatrix2D(centre, angle, scale)
    position = rng.uniform(0.05, 0.95, 2) * (width, height)
    warp[:, 2] += position - np.array(centre)
    size = width, height
    image = cv2.warpAffine(cutout.image, warp, size, flags=cv2.INTER_LINEAR)
    alpha = cv2.warpAffine(cutout.alpha, warp, size, flags=cv2.INTER_LINEAR)
    hand = cv2.warpAffine(cutout.hand, warp, size, flags=cv2.INTER_LINEAR)
    return _PlacedCutout(Cutout(image, alpha, hand, cutout.side), scale)


def _harmonised(cutout: Cutout, scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the cutout's image, float32, in something like the scene's light."""
    around = cv2.dilate(cutout.alpha, np.ones((25, 25), np.uint8)) > 127
    inside = cutout.alpha > 127
    if not inside.any():
        return cutout.image.astype(np.float32)
    local, own = scene[around].mean(axis=0), cutout.image[inside].mean(axis=0)
    brightness = (local.mean() + 10) / (own.mean() + 10)
    cast = (local + 20) / (local.mean() + 20)
    gain = np.clip(brightness ** rng.uniform(0, 0.5), 0.45, 1.7) * cast ** rng.uniform(0, 0.5)
    ramp = _ramp(scene.shape[:2], rng, depth=rng.uniform(0, 0.5))
    return cutout.image * gain.astype(np.float32) * ramp[..., None]


def _ramp(shape: tuple[int, ...], rng: np.random.Generator, depth: float) -> np.ndarray:
    """Return a linear fall of light across the picture, float32 (H, W), mean about 1."""
    angle = rng.uniform(0, 2 * np.pi)
    rows = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    slope = np.float32(np.cos(angle)) * columns + np.float32(np.sin(angle)) * rows
    return 1 + np.float32(depth) * slope


def _shadow(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how much darker the ground gets beside the hand, float32 (H, W), 0 to 1."""
    height, width = alpha.shape
    shift = np.array([[1, 0, rng.normal(0, 0.03) * width], [0, 1, rng.normal(0, 0.03) * height]])
    moved = cv2.warpAffine(alpha, shift, (width, height))
    softness = rng.uniform(1, 6)
    darkness = np.float32(rng.uniform(0.1, 0.6) / 255)
    return cv2.GaussianBlur(moved, (0, 0), softness).astype(np.float32) * darkness
