"""What a folder may say of its frames beside their masks: `frames.csv`.

The first line names the columns. `name` is a frame's path below `images/` without its suffix. The
others are free to be left out: `sequence`; `sides` and `tracks`, written for each id of the mask as
`1=left;2=right;3=unknown` and `1=7;2=12`; `ignored`, ids such as `2;3` that stand for no single
hand; and any other, which is a tag by which figures are broken down. An empty cell says nothing.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

FILE_NAME = "frames.csv"
OWN_COLUMNS = ("name", "sequence", "sides", "tracks", "ignored")
SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "unknown": Side.UNKNOWN}


@dataclass(frozen=True)
class FrameMetadata:
    """What is told of one frame; `sequence` is None where it is not told."""

    sequence: str | None = None
    sides: Mapping[int, Side] = field(default_factory=dict)
    tracks: Mapping[int, int] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[int] = frozenset()

    @property
    def ids(self) -> frozenset[int]:
        """The ids that are told of."""
        return frozenset((*self.sides, *self.tracks, *self.ignored))


def read_frame_metadata(folder: Path) -> dict[str, FrameMetadata]:
    """Return the facts of a folder's frames by name, none without the file; raises MediaError."""
    file = folder / FILE_NAME
    if not file.exists():
        return {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, restkey="", restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MediaError(f"{file} cannot be read ({error}): write it as UTF-8 text") from error
    if not rows or "name" not in rows[0]:
        raise MediaError(
            f"{file} has no column 'name': begin it with a line of names such as name,sequence"
        )
    facts: dict[str, FrameMetadata] = {}
    for number, row in enumerate(rows, start=2):
        try:
            name = row["name"].strip()
            if name in facts:
                raise ValueError(f"'{name}' has a line already")
            facts[name] = _facts(row)
        except ValueError as error:
            raise MediaError(
                f"{file} cannot be understood in line {number} ({error}): write sides as "
                "1=left;2=right, tracks as 1=7;2=12 and a cell for every column"
            ) from error
    return facts


def _facts(row: Mapping[str, str]) -> FrameMetadata:
    if "" in row:
        raise ValueError("there are more cells than columns")
    cells = {name: value.strip() for name, value in row.items()}
    return FrameMetadata(
        cells.get("sequence") or None,
        {number: _side(text) for number, text in _pairs(cells.get("sides", ""))},
        {number: int(text) for number, text in _pairs(cells.get("tracks", ""))},
        {name: value for name, value in cells.items() if value and name not in OWN_COLUMNS},
        frozenset(int(number) for number in cells.get("ignored", "").split(";") if number),
    )


def _pairs(text: str) -> list[tuple[int, str]]:
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    return [(int(number), value.strip()) for number, _, value in pairs]


def _side(text: str) -> Side:
    if text not in SIDES:
        raise ValueError(f"'{text}' is no side")
    return SIDES[text]
