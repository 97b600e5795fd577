"""Other light and other cameras: what changes the pixels of a training picture and moves nothing.

A frame and its background are of one camera and nearly one light: what is drawn for the frame
holds for both, and the background's own differs from it by a little. Noise, blur and compression
are drawn for each, as no two pictures have them in common.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from handseg_ros.training.samples import Sample

# Between a frame and its background: deviations of the logarithm of a channel's gain, of the
# brightness in grey levels, and of the logarithm of gamma.
_GAIN_APART, _BRIGHTNESS_APART, _GAMMA_APART = 0.02, 3.0, 0.04


@dataclass(frozen=True)
class _Light:
    """One light: `gain` of the channels, float32 (3,); `shade`, gains float32 (H, W) or None.

    `mixing` makes each channel a mean of its own and all three, float32 (3, 3).
    """

    gain: np.ndarray
    shade: np.ndarray | None
    contrast: np.float32
    brightness: np.float32
    gamma: np.float32
    mixing: np.ndarray

    @classmethod
    def drawn(cls, shape: tuple[int, ...], rng: np.random.Generator) -> _Light:
        """Draw a light for pictures of a shape (height, width)."""
        return cls(
            gain=np.exp(rng.normal(0, 0.12, 3)).astype(np.float32),
            shade=_hard_light(shape, rng) if rng.random() < 0.4 else None,
            contrast=np.float32(rng.uniform(0.6, 1.35)),
            brightness=np.float32(rng.normal(0, 14)),
            gamma=np.float32(np.exp(rng.normal(0, 0.3))),
            mixing=_saturation(rng),
        )

    def a_little_later(self, rng: np.random.Generator) -> _Light:
        """Return a light that differs from this one as it does between two pictures of a view."""
        return replace(
            self,
            gain=self.gain * np.exp(rng.normal(0, _GAIN_APART, 3)).astype(np.float32),
            brightness=self.brightness + np.float32(rng.normal(0, _BRIGHTNESS_APART)),
            gamma=self.gamma * np.float32(np.exp(rng.normal(0, _GAMMA_APART))),
        )

    def on(self, picture: np.ndarray) -> np.ndarray:
        """Return a picture, uint8 (H, W, 3), in this light: float32, from 0 to 255."""
        image = picture.astype(np.float32)
        image *= self.gain
        if self.shade is not None:
            image *= self.shade[..., None]
        image = (image - 128) * self.contrast + 128
        image = np.clip(image + self.brightness, 0, 255)
        image = 255 * (image / 255) ** self.gamma
        return np.asarray(cv2.transform(image, self.mixing))


def random_photometric(sample: Sample, rng: np.random.Generator, blur: float = 0.4) -> Sample:
    """Return the sample in another light, from another camera; where things are stays.

    `blur` is the chance of a camera that moves, is out of focus or has few pixels.
    """
    light = _Light.drawn(sample.ids.shape, rng)
    image = _taken(light.on(sample.image), rng, blur)
    background = sample.background
    if background is not None:
        background = _taken(light.a_little_later(rng).on(background), rng, blur)
    return replace(sample, image=image, background=background)


def _taken(image: np.ndarray, rng: np.random.Generator, blur: float) -> np.ndarray:
    """Return an image, float32 (H, W, 3), as another camera takes it: uint8."""
    image = _random_blur(image, rng, blur)
    if rng.random() < 0.4:
        spread = np.float32(rng.uniform(2, 14))
        image = image + rng.standard_normal(image.shape, np.float32) * spread
    result = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        result = _recompressed(result, int(rng.integers(25, 85)))
    return result


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


def _saturation(rng: np.random.Generator) -> np.ndarray:
    amount = 0.0 if rng.random() < 0.08 else rng.uniform(0.5, 1.4)
    # Each channel becomes its own share of itself and the rest of the mean of all three.
    mixing = np.eye(3) * amount + np.full((3, 3), (1.0 - amount) / 3)
    return mixing.astype(np.float32)


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
