"""Writes the folder that `reading.py` reads: pictures, masks of ids, and what they do not hold."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from handseg_ros.datasets.area import Area
from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.datasets.instance_ids import id_areas
from handseg_ros.datasets.mask_folder.frames_csv import FILE_NAME, OWN_COLUMNS, SIDES
from handseg_ros.datasets.mask_folder.reading import IMAGES, MASKS, OBJECTS
from handseg_ros.datasets.mask_values import ALL_HANDS
from handseg_ros.datasets.picture_folder import background_not_held, place_picture
from handseg_ros.media.atomic_files import write_text
from handseg_ros.media.sinks import write_picture
from handseg_ros.segmentation.drawn_text import drawable
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

_SIDE_WORDS = {side: word for word, side in SIDES.items()}


class MaskFolder:
    """Writes a folder frame by frame; `frames.csv` comes last.

    Ids are counted from 1 in each picture. Of a frame its words are kept until then. `losses`
    counts what the format cannot hold, in half sentences.
    """

    def __init__(self, path: Path) -> None:
        """Write into a folder, which is empty."""
        self._path = path
        self._rows: list[dict[str, str]] = []
        self.losses: Counter[str] = Counter()

    def add(self, frame: LabelledFrame, title: str) -> None:
        """Write a frame's picture and masks; raises MediaError, also for a name not in UTF-8."""
        _check_name(frame.name)
        name = str(PurePosixPath(place_picture(self._path / IMAGES, frame)).with_suffix(""))
        sequence = "" if frame.sequence == title else frame.sequence
        self.losses.update(background_not_held(frame))
        row = {**frame.tags, "name": name, "sequence": sequence}
        if frame.ground_truth is not None:
            row |= self._write_masks(name, frame.ground_truth)
        self._rows.append(row)

    def finish(self) -> None:
        """Write `frames.csv`; raises MediaError."""
        tags = sorted({column for row in self._rows for column in row} - set(OWN_COLUMNS))
        text = io.StringIO(newline="")
        rows = csv.DictWriter(text, [*OWN_COLUMNS, *tags], restval="", lineterminator="\n")
        rows.writeheader()
        rows.writerows(self._rows)
        write_text(self._path / FILE_NAME, text.getvalue())

    def _write_masks(self, name: str, truth: GroundTruth) -> dict[str, str]:
        """Write a frame's masks and return its cells of `frames.csv`."""
        self._count_losses(truth)
        places, cells = _renumbered(truth)
        write_picture(self._path / MASKS / f"{name}.png", places[truth.ids])
        if truth.objects is not None:
            objects = np.where(truth.objects, ALL_HANDS, 0).astype(np.uint8)
            write_picture(self._path / OBJECTS / f"{name}.png", objects)
        return cells

    def _count_losses(self, truth: GroundTruth) -> None:
        areas = truth.areas
        lost = {
            "areas that overlap were cut": _overlap([area for area in areas if area.mask.any()]),
            "single objects became one mask": sum(a.label == "object" for a in areas) > 1,
            "attributes but sides were left out": any(set(a.attributes) - {"side"} for a in areas)
            or any(truth.hand_tags.values()),
        }
        self.losses.update(text for text, is_lost in lost.items() if is_lost)


def _check_name(name: str) -> None:
    """Raise MediaError for a name that `frames.csv`, which is UTF-8, cannot hold."""
    if (readable := drawable(name)) != name:
        raise MediaError(
            f"the name of the picture '{readable}' is not in UTF-8, which {FILE_NAME} is: rename "
            "it, or export another format"
        )


def _renumbered(truth: GroundTruth) -> tuple[np.ndarray, dict[str, str]]:
    """Return each id's value in the mask, uint8 (256,), and the cells that tell of these."""
    values = np.zeros(256, np.uint8)
    found = list(id_areas(truth.ids))
    if not truth.has_instances:
        values[found] = ALL_HANDS
        return values, {}
    numbers = {own: number for number, own in enumerate(found, start=1)}
    values[found] = list(numbers.values())
    # every id is named, so that none is taken for all hands together
    sides = {own: _SIDE_WORDS[truth.sides.get(own, Side.UNKNOWN)] for own in found}
    tracks = {own: str(track) for own, track in truth.tracks.items()}
    ignored = ";".join(str(number) for own, number in numbers.items() if own in truth.ignored)
    return values, {
        "sides": _pairs(numbers, sides), "tracks": _pairs(numbers, tracks), "ignored": ignored
    }  # fmt: skip


def _pairs(numbers: Mapping[int, int], words: Mapping[int, str]) -> str:
    told = (f"{number}={words[own]}" for own, number in numbers.items() if own in words)
    return ";".join(told)


def _overlap(areas: list[Area]) -> bool:
    """Return whether two areas of hands have a pixel in common."""
    hands = [area.mask for area in areas if area.label != "object"]
    return bool(hands) and int(np.sum(hands, axis=0, dtype=np.uint8).max()) > 1
