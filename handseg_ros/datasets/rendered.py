"""Rendered scenes, of which all is known: masks, sides, skin tones and gloves.

A folder of them holds `images/SEED_NUMBER_VIEW.jpg`, `ids/SEED_NUMBER_VIEW.png` (8-bit grey, 25.5
levels for each id) and `facts/SEED_NUMBER.json`. Person k (from 0) has the ids 2k + 1 for the left
and 2k + 2 for the right hand; 0 is background. A scene is a sequence.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.datasets.instance_ids import id_areas
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.datasets.lazy_frames import Entry, LazyFrames
from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

IMAGES, IDS, METADATA = "images", "ids", "facts"
# The tag of a hand, and its values: bare skin in three groups of the Monk scale, or a glove.
SKIN = "skin"
GLOVED = "gloved"
TONES = {"tone 1 to 3": range(1, 4), "tone 4 to 6": range(4, 7), "tone 7 to 10": range(7, 11)}
_LEVELS_AN_ID = 25.5


@dataclass(frozen=True)
class _Person:
    """`tone` is the skin's on the Monk scale, 1 (lightest) to 10; `gloved`: it is covered."""

    tone: int
    gloved: bool

    @property
    def skin(self) -> str:
        """The value of the tag `SKIN` that the hands have."""
        bare = next(name for name, tones in TONES.items() if self.tone in tones)
        return GLOVED if self.gloved else bare


def is_rendered_folder(path: Path) -> bool:
    """Return whether a path is a folder of rendered scenes."""
    return all((path / part).is_dir() for part in (IMAGES, IDS, METADATA))


def open_rendered(path: Path, label_options: LabelOptions | None = None) -> LazyFrames:
    """Return the data set of a folder's finished scenes; raises MediaError when there is none.

    A scene's metadata are written last, so pictures without belong to a scene that is being
    rendered.
    """
    del label_options  # all that they could tell is known
    files = sorted((path / IMAGES).glob("*.jpg"))
    finished = [file for file in files if _metadata_file(file).exists()]
    if not finished:
        raise MediaError(
            f"{path} holds no finished rendered scene ({IMAGES}/, {IDS}/ and {METADATA}/): give a "
            "folder that the renderer has written"
        )
    entries = [Entry(file.stem, partial(read_rendered, file)) for file in finished]
    return LazyFrames(path.name, entries)


def read_rendered(file: Path) -> LabelledFrame:
    """Return a picture with each hand of which a pixel is seen; raises MediaError."""
    image = read_picture(file)
    ids_file = file.parents[1] / IDS / f"{file.stem}.png"
    ids = np.rint(read_mask(ids_file) / _LEVELS_AN_ID).astype(np.uint8)
    if ids.shape != image.shape[:2]:
        raise MediaError(
            f"{ids_file} is {ids.shape[1]}x{ids.shape[0]} pixels and its picture "
            f"{image.shape[1]}x{image.shape[0]}: render the scene again"
        )
    people = _read_people(_metadata_file(file))
    seen = list(id_areas(ids))
    if seen and seen[-1] > 2 * len(people):
        raise MediaError(
            f"{ids_file} has a hand of id {seen[-1]}, but its facts tell of {len(people)} people "
            "only: render the scene again"
        )
    ground_truth = GroundTruth(
        ids,
        has_instances=True,
        sides={number: Side.LEFT if number % 2 else Side.RIGHT for number in seen},
        hand_tags={number: {SKIN: people[(number - 1) // 2].skin} for number in seen},
    )
    return LabelledFrame(file.stem, _scene(file), image, ground_truth, file=file)


def _scene(file: Path) -> str:
    return file.stem.rpartition("_")[0]


def _metadata_file(file: Path) -> Path:
    return file.parents[1] / METADATA / f"{_scene(file)}.json"


def _read_people(file: Path) -> list[_Person]:
    try:
        people = json.loads(file.read_text(encoding="utf-8"))["people"]
        return [_person(person) for person in people]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MediaError(
            f"{file} does not tell the tone and glove of its scene's people ({error}): delete it "
            "and render the scene again"
        ) from error


def _person(metadata: dict[str, Any]) -> _Person:
    tone, gloved = metadata["tone"], metadata["gloved"]
    if tone not in range(1, 11) or not isinstance(gloved, bool):
        raise ValueError(f"tone {tone!r} must be 1 to 10 and gloved {gloved!r} true or false")
    return _Person(int(tone), gloved)
