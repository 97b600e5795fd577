"""A folder of pictures with a model's labels, for people to correct and for training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.labelling.coco import CocoLabels
from handseg_ros.labelling.labelme import labelme_file
from handseg_ros.media.sinks import not_written, write_picture
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Segmentation

PICTURES, COCO = "images", "annotations.json"


class LabelFolder:
    """`images/` with a PNG and labelme's file for each frame, and COCO's `annotations.json`."""

    def __init__(self, path: Path, sequence: str) -> None:
        """Raises MediaError for a folder with something in it: labels may be corrected already."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise MediaError(
                f"'{path}' holds something already, which might be corrected labels: choose a new "
                "folder"
            )
        self._path, self._sequence = path, sequence
        self._coco = CocoLabels()

    def add(self, name: str, pixels: np.ndarray, segmentation: Segmentation) -> None:
        """Write a frame, uint8 (H, W, 3) BGR, and its labels; raises MediaError."""
        picture = self._path / PICTURES / f"{name}.png"
        write_picture(picture, pixels)
        _write(picture.with_suffix(".json"), labelme_file(picture.name, segmentation))
        self._coco.add(picture.name, self._sequence, segmentation)

    def finish(self) -> None:
        """Write COCO's file about all that was added, at least one frame; raises MediaError."""
        _write(self._path / COCO, self._coco.content())


def _write(path: Path, content: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(content), encoding="utf-8")
    except OSError as error:
        raise not_written(path, error) from error
