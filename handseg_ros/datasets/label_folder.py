"""A folder of pictures with a model's labels, for people to correct and for training."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.coco.writing import CocoLabels, annotations_digest
from handseg_ros.datasets.first_labels import FIRST_LABELS, RUN, first_label_line
from handseg_ros.datasets.frame_selection import Uncertainty
from handseg_ros.datasets.labelme.file import labelme_content
from handseg_ros.datasets.labelme.writing import labelme_file
from handseg_ros.media.atomic_files import not_written, write_bytes, write_text
from handseg_ros.media.sinks import write_picture
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.validation import as_json, read_json_as

PICTURES, COCO, DOUBTS = "images", "annotations.json", "doubts.jsonl"


class LabelFolder:
    """`images/` with a PNG and labelme's file for each frame, and COCO's `annotations.json`.

    `run.json` tells how it was made, `first_labels.jsonl` what the labels were before anybody
    corrected them, and `doubts.jsonl` has the doubts that were kept. What is in `annotations.json`
    is finished: it is never written again, as it may have been corrected since.
    """

    def __init__(self, path: Path, sequence: str, facts: Mapping[str, str]) -> None:
        """Look into the folder; raises MediaError when what is finished there cannot be read."""
        self._path, self._sequence, self._facts = path, sequence, facts
        self._coco = CocoLabels(_read(path / COCO) if (path / COCO).exists() else None)
        self.doubts = _read_doubts(path / DOUBTS)

    @property
    def finished(self) -> frozenset[str]:
        """Return the names of the frames that have their labels."""
        return frozenset(Path(name).stem for name in self._coco.file_names)

    def add(self, name: str, pixels: np.ndarray, segmentation: Segmentation) -> None:
        """Write a frame, uint8 (H, W, 3) BGR, and its labels; raises MediaError."""
        self._begin()
        picture = self._path / PICTURES / f"{name}.png"
        write_picture(picture, pixels)
        label = labelme_file(picture.name, segmentation)
        _write(picture.with_suffix(".json"), label)
        annotations = self._coco.add(picture.name, self._sequence, segmentation)
        digests = labelme_content(label).digest, annotations_digest(annotations)
        _append(self._path / FIRST_LABELS, first_label_line(name, *digests))

    def keep_uncertainty(self, doubt: Uncertainty) -> None:
        """Note how much a frame is doubted, so that it need not be asked again."""
        self._begin()
        self.doubts.append(doubt)
        _append(self._path / DOUBTS, as_json(doubt) + b"\n")

    def finish(self) -> None:
        """Write COCO's file about all that was added, at least one frame; raises MediaError."""
        _write(self._path / COCO, self._coco.content())

    def _begin(self) -> None:
        if not (self._path / RUN).exists():
            _write(self._path / RUN, self._facts)


def facts_in(path: Path) -> dict[str, str] | None:
    """Return how a folder's labels were made, {} for a new folder, None where it is not told.

    Raises MediaError for a folder that cannot be read.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return {}
    return _read(path / RUN) if (path / RUN).is_file() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    except (OSError, ValueError):
        pass
    raise _damaged(path)


def _damaged(path: Path) -> MediaError:
    return MediaError(f"'{path}' is damaged: choose a new folder")


def _read_doubts(path: Path) -> list[Uncertainty]:
    """Return the doubts of all lines that were written to their end."""
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith(b"\n")]
    write_bytes(path, b"".join(whole))
    try:
        return [read_json_as(Uncertainty, line) for line in whole]
    except ValueError as error:
        raise _damaged(path) from error


def _append(path: Path, line: bytes) -> None:
    try:
        with path.open("ab") as file:
            file.write(line)
    except OSError as error:
        raise not_written(path, error) from error


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(content))
