"""FreiHAND: right hands on a green screen, each in four pictures with other backgrounds.

Format: Zimmermann et al., "FreiHAND: A Dataset for Markerless Capture of Hand Pose and Shape from
Single RGB Images", ICCV 2019, and https://github.com/lmb-freiburg/freihand: `training/rgb/` has
4 x 32,560 pictures of 224x224, `training/mask/` the 32,560 masks of the first version, which are
those of the others too: picture i has mask i modulo 32,560. Masks are JPEG, so a hand is where red
is 150 or more.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from handseg_ros.datasets.conversion.layout import (
    check_layout,
    names_in,
    nothing_in,
    read_values,
    with_hand,
)
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture

SAMPLES = 32_560
HAND = 150
VERSIONS = ("gs", "hom", "sample", "auto")
_PICTURES, _MASKS = "training/rgb", "training/mask"
_RED = 2


def open_freihand(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the training pictures of the data set in a folder; raises MediaError."""
    check_layout(path, (_PICTURES, _MASKS), "FreiHAND")
    names = [name for name in names_in(path / _PICTURES, (".jpg",)) if Path(name).stem.isdecimal()]
    if not names:
        raise nothing_in(path / _PICTURES, "00000000.jpg and more")
    return SourceSet("freihand", len(names), lambda: _members(path, names))


def _members(path: Path, names: list[str]) -> Iterator[Member]:
    for name in names:
        yield Member(f"training/{Path(name).stem}", partial(_read, path, name))


def _read(path: Path, name: str) -> ConvertedFrame:
    version, sample = divmod(int(Path(name).stem), SAMPLES)
    picture = StoredPicture.read(path / _PICTURES / name)
    values = read_values(path / _MASKS / f"{sample:08d}.jpg", "mask")
    red = values if values.ndim == 2 else values[:, :, _RED]
    mask = picture.fitted(with_hand(red >= HAND, f"where red is {HAND} or more"))
    areas = (ConvertedArea("right_hand", mask),)
    tags = {"version": VERSIONS[version]} if version < len(VERSIONS) else {}
    return ConvertedFrame(picture, areas, f"{sample:08d}", tags=tags)
