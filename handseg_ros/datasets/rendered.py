"""Reads rendered scenes, of which all is known: masks, sides, skin tones and gloves.

A folder of them holds `images/SEED_NUMBER_VIEW.jpg`, `ids/SEED_NUMBER_VIEW.png` (8-bit grey, 25.5
levels for each id) and `facts/SEED_NUMBER.json`. Person k (from 0) has the ids 2k + 1 for the left
and 2k + 2 for the right hand; 0 is background.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

_LEVELS_AN_ID = 25.5


@dataclass(frozen=True)
class KnownHand:
    """One hand as it is seen: `mask` is bool (H, W), true where nothing hides it.

    `tone` is its person's skin on the Monk scale, 1 (lightest) to 10, `gloved` whether the skin
    is covered.
    """

    mask: np.ndarray
    side: Side
    tone: int
    gloved: bool


@dataclass(frozen=True)
class RenderedPicture:
    """A picture, uint8 (H, W, 3), BGR, and each hand of which a pixel is seen."""

    name: str
    image: np.ndarray
    hands: tuple[KnownHand, ...]


@dataclass(frozen=True)
class _Person:
    tone: int
    gloved: bool


def rendered_files(folder: Path) -> list[Path]:
    """Return the pictures of finished scenes in the order of their names.

    A scene's facts are written last, so pictures without facts belong to a scene that is being
    rendered. Raises MediaError when there is none.
    """
    files = sorted((folder / "images").glob("*.jpg"))
    finished = [file for file in files if _facts_file(file).exists()]
    if not finished:
        raise MediaError(
            f"{folder} holds no finished rendered scene (images/, ids/ and facts/): give a folder "
            "that `make render` has written"
        )
    return finished


def read_rendered(file: Path) -> RenderedPicture:
    """Return one of `rendered_files` with its hands; raises MediaError when a part is not right."""
    image = read_picture(file)
    ids_file = file.parents[1] / "ids" / f"{file.stem}.png"
    ids = np.rint(read_mask(ids_file) / _LEVELS_AN_ID).astype(np.uint8)
    if ids.shape != image.shape[:2]:
        raise MediaError(
            f"{ids_file} is {ids.shape[1]}x{ids.shape[0]} pixels and its picture "
            f"{image.shape[1]}x{image.shape[0]}: render the scene again"
        )
    people = _read_facts(_facts_file(file))
    seen = [int(index) for index in np.unique(ids) if index]
    if seen and seen[-1] > 2 * len(people):
        raise MediaError(
            f"{ids_file} has a hand of id {seen[-1]}, but its facts tell of {len(people)} people "
            "only: render the scene again"
        )
    return RenderedPicture(
        file.stem, image, tuple(_hand(ids == index, index, people) for index in seen)
    )


def _hand(mask: np.ndarray, index: int, people: list[_Person]) -> KnownHand:
    person = people[(index - 1) // 2]
    return KnownHand(mask, Side.LEFT if index % 2 else Side.RIGHT, person.tone, person.gloved)


def _facts_file(file: Path) -> Path:
    return file.parents[1] / "facts" / f"{file.stem.rpartition('_')[0]}.json"


def _read_facts(file: Path) -> list[_Person]:
    try:
        people = json.loads(file.read_text(encoding="utf-8"))["people"]
        return [_person(person) for person in people]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MediaError(
            f"{file} does not tell the tone and glove of its scene's people ({error}): delete it "
            "and render the scene again"
        ) from error


def _person(facts: dict[str, Any]) -> _Person:
    tone, gloved = facts["tone"], facts["gloved"]
    if tone not in range(1, 11) or not isinstance(gloved, bool):
        raise ValueError(f"tone {tone!r} must be 1 to 10 and gloved {gloved!r} true or false")
    return _Person(int(tone), gloved)
