"""Writes labelled frames as COCO's instances: `images/` and `annotations.json`, frame by frame."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from handseg_ros.datasets.annotations import areas_of
from handseg_ros.datasets.coco.records import annotation_record, image_record
from handseg_ros.datasets.coco.stream import write_coco
from handseg_ros.datasets.conversion.frames_as_members import background_name, converted_area
from handseg_ros.datasets.conversion.member import ConvertedFrame
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.field_names import PERSON, SEQUENCE, SOURCE
from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.datasets.picture_folder import place_picture
from handseg_ros.media.atomic_files import not_written

PICTURES, ANNOTATIONS = "images", "annotations.json"
# What is known of the frames so far, a line for each, until the file can be put together.
_LINES = ".annotations.partial.jsonl"


class CocoFolder:
    """Writes a folder frame by frame; `annotations.json` comes last, when all is there.

    `losses` counts what the format cannot hold, in half sentences.
    """

    def __init__(self, path: Path) -> None:
        """Write into a folder, which is empty; raises MediaError."""
        self.path = path
        self.losses: Counter[str] = Counter()
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lines = (path / _LINES).open("w", encoding="utf-8")
        except OSError as error:
            raise not_written(path, error) from error

    def add(self, frame: LabelledFrame, title: str) -> None:
        """Write a frame's picture, and note its label; raises MediaError, UnusableError."""
        if frame.ground_truth is None:
            self.losses["pictures without a label were left out"] += 1
            return
        areas = areas_of(frame.ground_truth)
        if not all(area.mask.any() for area in areas):
            self.losses["areas without a pixel were left out"] += 1
        name = f"{PICTURES}/{place_picture(self.path / PICTURES, frame)}"
        drawn = [converted_area(area) for area in areas if area.mask.any()]
        line = {
            "image": _image(frame, title, name),
            "annotations": [annotation_record(area) for area in drawn],
        }
        try:
            self._lines.write(json.dumps(line) + "\n")
        except OSError as error:
            raise not_written(self.path / _LINES, error) from error

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Yield what `write_coco` takes, for each frame in order."""
        self._lines.flush()
        with (self.path / _LINES).open(encoding="utf-8") as file:
            yield from map(json.loads, file)

    def finish(self) -> None:
        """Write `annotations.json`; raises MediaError."""
        write_coco(self.path / ANNOTATIONS, self.lines)
        self.close()
        (self.path / _LINES).unlink()

    def close(self) -> None:
        """Close what is open; nothing more can be added."""
        self._lines.close()


def _image(frame: LabelledFrame, title: str, file_name: str) -> dict[str, Any]:
    """Return a frame's entry in `images`, without what nobody knows."""
    tags = dict(frame.tags)
    source, person = tags.pop(SOURCE, None), tags.pop(PERSON, None)
    picture = StoredPicture.read(frame.file) if frame.file else StoredPicture.encoded(frame.image)
    own = ConvertedFrame(
        picture, (), frame.sequence, person, source, tags, background=background_name(frame)
    )
    record = image_record(own, file_name, "")
    unknown = {SOURCE: source is None, SEQUENCE: frame.sequence == title}
    return {name: value for name, value in record.items() if not unknown.get(name)}
