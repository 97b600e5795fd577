"""Skin tones: the ten published colours of the Monk Skin Tone Scale, as light-linear albedo.

Source of the values: E. Monk, "The Monk Skin Tone Scale" (2019, published 2022 under CC BY 4.0),
https://skintone.google. They are the scale's sRGB swatches, a reference for comparing and not
measured reflectances, so ``skin_albedo`` narrows their range and varies redness from person to
person.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MONK_SCALE: tuple[str, ...] = (
    "#f6ede4",
    "#f3e7db",
    "#f7ead0",
    "#eadaba",
    "#d7bd96",
    "#a07e56",
    "#825c43",
    "#604134",
    "#3a312a",
    "#292420",
)

BRIGHTEST_ALBEDO = 0.68
"""No skin reflects more of the red light than about this (in-vivo reflectance near 0.65)."""

BRIGHTEST_SWATCH = 0.92
CONTRAST = 0.85
"""The swatches span a wider range of light than skin does: their linear values go to this power."""


def srgb_to_linear(hex_colour: str) -> NDArray[np.float64]:
    """Linear RGB [3] in 0 to 1 of ``#rrggbb`` (IEC 61966-2-1)."""
    encoded = np.array([int(hex_colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def skin_albedo(tone: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Linear RGB albedo [3] of one person of Monk tone 1 to 10.

    Raises IndexError for another tone.
    """
    if not 1 <= tone <= len(MONK_SCALE):
        raise IndexError(f"skin tone {tone} is not on the Monk scale: use 1 to {len(MONK_SCALE)}")
    linear = srgb_to_linear(MONK_SCALE[tone - 1])
    compressed = BRIGHTEST_ALBEDO * (linear / BRIGHTEST_SWATCH) ** CONTRAST
    # Blood: skin lit by a lamp looks redder than the swatches, and differs between people. The
    # swatches of the dark tones are nearly grey, the skins are not.
    redness = rng.uniform(0.35, 1.0) if tone < 8 else rng.uniform(0.9, 1.4)
    blood = 1.0 - redness * np.array([0.0, 0.26, 0.36])
    albedo: NDArray[np.float64] = compressed * blood * rng.uniform(0.85, 1.08)
    return np.clip(albedo, 0.01, 0.75)
