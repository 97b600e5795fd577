"""EgoHOS: both hands of who wears the camera, and the objects that they touch, in many videos.

Format: Zhang et al., "Fine-Grained Egocentric Hand-Object Segmentation", ECCV 2022, and
https://github.com/owenzlz/EgoHOS: `train`, `val`, `test_indomain` and `test_outdomain`, each with
`image/` and `label/`. A label's values are in `VALUES`; an object of order 2 is touched by one of
order 1, and by no hand.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from handseg_ros.datasets.annotations import OBJECT_LABEL
from handseg_ros.datasets.conversion.layout import (
    check_layout,
    grey_values,
    names_in,
    nothing_in,
)
from handseg_ros.datasets.conversion.member import (
    BOTH,
    HELD_BY,
    LEFT,
    ORDER,
    RIGHT,
    Attribute,
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import MediaError

SPLITS = ("train", "val", "test_indomain", "test_outdomain")
PICTURES, LABELS = "image", "label"
VALUES: dict[int, tuple[str, dict[str, Attribute]]] = {
    1: ("left_hand", {}),
    2: ("right_hand", {}),
    3: (OBJECT_LABEL, {HELD_BY: LEFT, ORDER: 1}),
    4: (OBJECT_LABEL, {HELD_BY: RIGHT, ORDER: 1}),
    5: (OBJECT_LABEL, {HELD_BY: BOTH, ORDER: 1}),
    6: (OBJECT_LABEL, {HELD_BY: LEFT, ORDER: 2}),
    7: (OBJECT_LABEL, {HELD_BY: RIGHT, ORDER: 2}),
    8: (OBJECT_LABEL, {HELD_BY: BOTH, ORDER: 2}),
}
# A frame's name ends in its number; what is before it names the video.
_NUMBER = re.compile(r"[_-]?\d+$")


def open_egohos(path: Path, options: ConversionOptions) -> SourceSet:
    """Return those splits of the data set that are in a folder; raises MediaError."""
    check_layout(path, (), "EgoHOS")
    splits = [path / name for name in SPLITS if (path / name / LABELS).is_dir()]
    if not splits:
        raise MediaError(
            f"'{path}' is not EgoHOS, as it has no {SPLITS[0]}/{LABELS}: give the folder with "
            f"{', '.join(SPLITS)}"
        )
    length = sum(len(names_in(split / PICTURES)) for split in splits)
    if not length:
        raise nothing_in(splits[0] / PICTURES, "JPEG files")
    return SourceSet("egohos", length, lambda: _members(splits))


def _members(splits: list[Path]) -> Iterator[Member]:
    for split in splits:
        for name in names_in(split / PICTURES):
            yield Member(f"{split.name}/{Path(name).stem}", partial(_read, split, name))


def _read(split: Path, name: str) -> ConvertedFrame:
    stem = Path(name).stem
    picture = StoredPicture.read(split / PICTURES / name)
    values = picture.fitted(grey_values(split / LABELS / f"{stem}.png", "label"))
    if values.max() > max(VALUES):
        raise UnusableError(f"its label has the value {values.max()}, which is above 8")
    areas = [
        ConvertedArea(label, mask, attributes=attributes)
        for value, (label, attributes) in VALUES.items()
        if (mask := values == value).any()
    ]
    return ConvertedFrame(picture, areas, _NUMBER.sub("", stem) or split.name)
