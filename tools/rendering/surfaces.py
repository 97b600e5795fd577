"""What surfaces are made of, as plain data: furniture, walls, cloth and things."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.skin_tones import MONK_SCALE, skin_albedo

Colour = tuple[float, float, float]

PATTERNS = ("plain", "mottled", "wood", "checks", "stripes")


@dataclass(frozen=True)
class Surface:
    """pattern: one of ``PATTERNS``, ``picture`` or ``metal``; colour, second: linear RGB 0 to 1;
    scale: metres of the pattern's period; roughness: 0 mirror to 1 matt;
    picture: file shown by a ``picture`` surface, else empty."""

    pattern: str
    colour: Colour
    second: Colour
    scale: float
    roughness: float
    picture: str = ""


def as_colour(values: NDArray[np.float64]) -> Colour:
    """Three floats of an array [3]."""
    return float(values[0]), float(values[1]), float(values[2])


def any_colour(rng: np.random.Generator) -> Colour:
    """Greys, muted and vivid colours, dark ones more often."""
    value = rng.uniform(0.02, 0.9) ** 1.6
    saturation = rng.choice([rng.uniform(0, 0.15), rng.uniform(0.15, 0.9)])
    return as_colour(value * (1 - saturation * rng.random(3)))


def skin_like(rng: np.random.Generator) -> Colour:
    """A colour that skin may have: leather, wood, cardboard."""
    return as_colour(skin_albedo(int(rng.integers(1, len(MONK_SCALE) + 1)), rng))


def _second(colour: Colour, rng: np.random.Generator) -> Colour:
    return as_colour(np.clip(np.array(colour) * rng.uniform(0.5, 1.3, 3), 0, 0.95))


def cloth(rng: np.random.Generator) -> Surface:
    """Matt cloth, sometimes of the colour of skin."""
    colour = skin_like(rng) if rng.random() < 0.12 else any_colour(rng)
    pattern = str(rng.choice(PATTERNS, p=[0.5, 0.25, 0.0, 0.1, 0.15]))
    second = any_colour(rng) if rng.random() < 0.4 else _second(colour, rng)
    return Surface(pattern, colour, second, float(rng.uniform(0.008, 0.08)), 0.9)


def thing(rng: np.random.Generator) -> Surface:
    """Plastic, metal paint, wood, cardboard."""
    colour = skin_like(rng) if rng.random() < 0.3 else any_colour(rng)
    pattern = str(rng.choice(PATTERNS, p=[0.55, 0.15, 0.15, 0.07, 0.08]))
    scale = float(rng.uniform(0.005, 0.05))
    return Surface(pattern, colour, _second(colour, rng), scale, float(rng.uniform(0.1, 0.9)))


def furniture(pictures: tuple[str, ...], rng: np.random.Generator) -> Surface:
    """Table tops and floors: wood, stone, cloth, or one of ``pictures``."""
    if pictures and rng.random() < 0.4:
        picture = pictures[int(rng.integers(len(pictures)))]
        return Surface(
            "picture", (0.5,) * 3, (0.5,) * 3, 1.0, float(rng.uniform(0.2, 0.8)), picture
        )
    colour = skin_like(rng) if rng.random() < 0.45 else any_colour(rng)
    pattern = str(rng.choice(PATTERNS, p=[0.3, 0.2, 0.38, 0.06, 0.06]))
    scale = float(rng.uniform(0.02, 0.2))
    return Surface(pattern, colour, _second(colour, rng), scale, float(rng.uniform(0.15, 0.8)))


def wall(pictures: tuple[str, ...], rng: np.random.Generator) -> Surface:
    """Painted walls, wood, curtains, or one of ``pictures``."""
    if pictures and rng.random() < 0.6:
        picture = pictures[int(rng.integers(len(pictures)))]
        return Surface("picture", (0.5,) * 3, (0.5,) * 3, 1.0, 0.9, picture)
    colour = skin_like(rng) if rng.random() < 0.3 else any_colour(rng)
    pattern = str(rng.choice(PATTERNS, p=[0.5, 0.2, 0.15, 0.05, 0.1]))
    return Surface(pattern, colour, _second(colour, rng), float(rng.uniform(0.05, 0.4)), 0.9)


def machine(rng: np.random.Generator) -> Surface:
    """Steel and aluminium, brushed or rolled, and the paints of machines, floors and guards."""
    grey = float(rng.uniform(0.08, 0.75))
    if rng.random() < 0.5:
        tint = as_colour(np.clip(grey + rng.normal(0, 0.01, 3), 0.02, 0.9))
        return Surface("metal", tint, tint, 0.05, float(rng.uniform(0.15, 0.55)))
    colour = as_colour(np.clip(grey + rng.normal(0, 0.02, 3), 0.01, 0.9))
    if rng.random() < 0.3:
        colour = any_colour(rng)
    pattern = str(rng.choice(("plain", "mottled", "checks"), p=(0.7, 0.24, 0.06)))
    scale = float(rng.uniform(0.05, 0.4))
    return Surface(pattern, colour, _second(colour, rng), scale, float(rng.uniform(0.2, 0.9)))


def robot_paint(rng: np.random.Generator) -> Surface:
    """White, grey, black, orange, yellow, blue or red paint, as robots' arms have it."""
    paints: tuple[Colour, ...] = (
        (0.75, 0.76, 0.78), (0.32, 0.34, 0.36), (0.02, 0.02, 0.022), (0.8, 0.2, 0.02),
        (0.8, 0.5, 0.02), (0.03, 0.12, 0.5), (0.55, 0.03, 0.02),
    )  # fmt: skip
    colour = paints[int(rng.choice(len(paints), p=(0.3, 0.2, 0.12, 0.15, 0.1, 0.08, 0.05)))]
    return Surface("plain", colour, colour, 0.05, float(rng.uniform(0.15, 0.6)))


def paper(rng: np.random.Generator) -> Surface:
    """A photographer's background: black, grey, white or a quiet colour, sometimes mottled."""
    grey = float(rng.choice([0.008, rng.uniform(0.02, 0.3), rng.uniform(0.4, 0.9)]))
    colour = as_colour(np.clip(grey * rng.uniform(0.8, 1.2, 3), 0.003, 0.95))
    pattern = "mottled" if rng.random() < 0.3 else "plain"
    return Surface(pattern, colour, _second(colour, rng), float(rng.uniform(0.2, 0.8)), 0.95)
