"""The hands of each frame as JSON Lines and as CSV, for other programs.

docs/using-the-hands.md tells the fields. A line is `to_json` of the segmentation with where it came
from, and without timings: two runs write the same bytes.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from handseg_ros.cli.run_inputs import NamedFrame, UnreadableInput
from handseg_ros.media.text_file import TextFile
from handseg_ros.segmentation.hands import Hand, Segmentation
from handseg_ros.segmentation.serialization import SCHEMA, VERSION, to_json

COLUMNS = (
    "source", "name", "index", "position", "width", "height", "id", "track_id", "side",
    "side_confidence", "score", "x", "y", "box_width", "box_height", "area", "centroid_x",
    "centroid_y",
)  # fmt: skip


class JsonLinesWriter:
    """One JSON object a line: a frame with its hands, or a file with why it cannot be read."""

    def __init__(self, file: TextFile, model: str) -> None:
        """Write to a file; `model` is the name and version of what finds the hands."""
        self._file, self._model = file, model

    def write(self, named: NamedFrame, segmentation: Segmentation) -> None:
        """Write a frame's line."""
        content = to_json(segmentation)
        self._write(
            **_frame_fields(named),
            model=self._model,
            hands=content["hands"],
            objects=content["objects"],
        )

    def skip(self, unreadable: UnreadableInput) -> None:
        """Write the line of a file that cannot be read."""
        self._write(source=unreadable.origin, error=str(unreadable.error))

    def _write(self, **content: Any) -> None:
        content = {"schema": SCHEMA, "version": VERSION, **content}
        self._file.write(json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n")


class CsvWriter:
    """A line for each hand, below one with the columns' names; a frame without hands has none."""

    def __init__(self, file: TextFile) -> None:
        """Write to a file, the columns' names first."""
        self._file = file
        self._write(COLUMNS)

    def write(self, named: NamedFrame, segmentation: Segmentation) -> None:
        """Write the lines of a frame's hands."""
        for hand in segmentation.hands:
            content = {**_frame_fields(named), **_hand_facts(hand)}
            content |= dict(zip(("x", "y", "box_width", "box_height"), _box(hand), strict=True))
            content |= dict(zip(("centroid_x", "centroid_y"), hand.centroid, strict=True))
            self._write(content[column] for column in COLUMNS)

    def skip(self, unreadable: UnreadableInput) -> None:
        """A file that cannot be read has no hands to tell."""

    def _write(self, cells: Iterable[Any]) -> None:
        line = io.StringIO()
        csv.writer(line).writerow(cells)
        self._file.write(line.getvalue())


def _frame_fields(named: NamedFrame) -> dict[str, Any]:
    return {
        "source": named.origin,
        "name": named.name,
        "index": named.frame.index,
        "position": named.frame.position,
        "width": named.frame.image.shape[1],
        "height": named.frame.image.shape[0],
    }


def _hand_facts(hand: Hand) -> dict[str, Any]:
    return {
        "id": hand.id,
        "track_id": hand.track_id,
        "side": hand.side.name.lower(),
        "side_confidence": float(hand.side_confidence),
        "score": float(hand.score),
        "area": int(hand.area),
    }


def _box(hand: Hand) -> tuple[int, int, int, int]:
    box = hand.box
    return int(box.x), int(box.y), int(box.width), int(box.height)
