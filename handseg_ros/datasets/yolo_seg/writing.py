"""A data set as YOLO's segmentation tools read it: `images/`, `labels/` and `data.yaml`.

Format: https://docs.ultralytics.com/datasets/segment/. A line is a class and the corners of one
polygon, as shares of the picture. Polygons run along the edges of pixels; parts and holes of one
hand are joined by bridges that enclose nothing, so that filling a line by the even-odd rule gives
its mask to the pixel. All pictures lie in one folder, as not every tool looks below it: folders of
a frame's name become a part of its file's, `hall/0001` is `hall__0001`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from handseg_ros.datasets.annotations import LABELS, areas_of
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.datasets.picture_folder import background_not_held, place_picture, words_not_held
from handseg_ros.datasets.pixel_outlines import joined, pixel_outlines
from handseg_ros.media.atomic_files import write_text

IMAGES, TEXTS, NAMES = "images", "labels", "data.yaml"
# Digits enough for a thousandth of a pixel of any picture.
_DIGITS = 9
_BETWEEN = "__"


class YoloSegFolder:
    """Writes a folder frame by frame; `data.yaml` comes last.

    `losses` counts what the format cannot hold, in half sentences.
    """

    def __init__(self, path: Path) -> None:
        """Write into a folder, which is empty."""
        self._path = path
        self.losses: Counter[str] = Counter()

    def add(self, frame: LabelledFrame, title: str) -> None:
        """Write a frame's picture and label; raises MediaError."""
        del title
        if frame.ground_truth is None:
            self.losses["pictures without a label were left out"] += 1
            return
        areas = areas_of(frame.ground_truth)
        self._count_losses(frame, frame.ground_truth, areas)
        flat = replace(frame, name=frame.name.removeprefix(f"{IMAGES}/").replace("/", _BETWEEN))
        name = place_picture(self._path / IMAGES, flat)
        shape = frame.image.shape[0], frame.image.shape[1]
        lines = [_line(area, shape) for area in areas if area.mask.any()]
        write_text((self._path / TEXTS / name).with_suffix(".txt"), "".join(lines))

    def finish(self) -> None:
        """Write what names the classes; raises MediaError."""
        content = {"path": ".", "train": IMAGES, "val": IMAGES, "names": dict(enumerate(LABELS))}
        write_text(self._path / NAMES, yaml.safe_dump(content, sort_keys=False))

    def _count_losses(
        self, frame: LabelledFrame, truth: GroundTruth, areas: tuple[Area, ...]
    ) -> None:
        lost = {
            "masks of all hands together became one hand": not truth.has_instances,
            "crowds became hands": any(area.is_crowd for area in areas),
            "tracks were left out": any(area.track is not None for area in areas),
            "attributes but sides were left out": any(set(a.attributes) - {"side"} for a in areas),
            "tags were left out": bool(words_not_held(frame)),
        }
        self.losses.update(text for text, is_lost in lost.items() if is_lost)
        self.losses.update(background_not_held(frame))


def _line(area: Area, shape: tuple[int, int]) -> str:
    ring = joined(pixel_outlines(area.mask)) / np.array([shape[1], shape[0]], np.float64)
    corners = " ".join(f"{value:.{_DIGITS}g}" for value in ring.ravel())
    return f"{LABELS.index(area.label)} {corners}\n"
