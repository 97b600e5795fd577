"""Rendered Handpose (RHD): rendered people whose hands are labelled part by part.

Format: Zimmermann and Brox, "Learning to Estimate 3D Hand Pose from Single RGB Images", ICCV 2017,
and the README of its download: `training/` and `evaluation/` have `color/%05d.png` and
`mask/%05d.png` of 320x320. A mask is 0 in the background, 1 on the person, 2 to 17 on the left
hand and its fingers' parts, 18 to 33 on the right.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from handseg_ros.datasets.annotations import PERSON_LABEL
from handseg_ros.datasets.conversion.layout import (
    check_layout,
    grey_values,
    names_in,
    nothing_in,
)
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import MediaError

SPLITS = ("training", "evaluation")
PICTURES, MASKS = "color", "mask"
# The lowest and highest value of each; a hand is the person's too.
VALUES = {"left_hand": (2, 17), "right_hand": (18, 33), PERSON_LABEL: (1, 33)}


def open_rendered_handpose(path: Path, options: ConversionOptions) -> SourceSet:
    """Return those splits of the data set that are in a folder; raises MediaError."""
    check_layout(path, (), "Rendered Handpose")
    splits = [path / name for name in SPLITS if (path / name / MASKS).is_dir()]
    if not splits:
        raise MediaError(
            f"'{path}' is not Rendered Handpose, as it has no {SPLITS[0]}/{MASKS}: give the folder "
            "with training and evaluation"
        )
    length = sum(len(names_in(split / PICTURES)) for split in splits)
    if not length:
        raise nothing_in(splits[0] / PICTURES, "00000.png and more")
    return SourceSet("rendered_handpose", length, lambda: _members(splits))


def _members(splits: list[Path]) -> Iterator[Member]:
    for split in splits:
        for name in names_in(split / PICTURES):
            yield Member(f"{split.name}/{Path(name).stem}", partial(_read, split, name))


def _read(split: Path, name: str) -> ConvertedFrame:
    picture = StoredPicture.read(split / PICTURES / name)
    values = picture.fitted(grey_values(split / MASKS / name, "mask"))
    if values.max() > VALUES[PERSON_LABEL][1]:
        raise UnusableError(f"its mask has the value {values.max()}, which is above 33")
    areas = [
        ConvertedArea(label, mask)
        for label, (lowest, highest) in VALUES.items()
        if (mask := (values >= lowest) & (values <= highest)).any()
    ]
    return ConvertedFrame(picture, areas, split.name)
