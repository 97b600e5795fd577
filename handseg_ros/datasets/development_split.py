"""The data that judges a model while it is developed, as one labelled set.

A folder with `dev/ralf50` and `dev/irllabs20` (pictures and masks of robots' and people's hands),
`masked/hgr`, of which only the people count that training never sees (`splits.py`), and the
pictures without hands of `hand_free.py`. The tag `set` names the part, the tag `hand-free` what a
picture without hands shows. A picture is a sequence of its own, but for HGR, where a person is.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.datasets.hand_free import HandFreeFile, hand_free_files
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.datasets.lazy_frames import Entry, LazyFrames
from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.datasets.splits import HELD_OUT_PEOPLE, person
from handseg_ros.segmentation.errors import MediaError

# Tags, and the values of `SET` that are no folder's name.
SET, KIND = "set", "hand-free"
HAND_FREE, HGR = "hand_free", "hgr_held_out"
DEV_SETS = ("ralf50", "irllabs20")
_PARTS = ("dev", "masked", "backgrounds")
# From this grey on a mask says "hand"; edges may be soft.
_HAND = 128


def is_development_split(path: Path) -> bool:
    """Return whether a path is the folder of all that data."""
    return all((path / part).is_dir() for part in _PARTS)


def open_development_split(path: Path, label_options: LabelOptions | None = None) -> LazyFrames:
    """Return the data set of the folder; raises MediaError where a part is missing."""
    del label_options  # its masks are all of one kind, and no picture is turned
    entries = [
        entry
        for name in DEV_SETS
        for entry in _masked(f"dev_{name}", path / "dev" / name, "masks", lambda file: file.stem)
    ]
    held_out = _masked(HGR, path / "masked" / "hgr", "mask_hand_derived", person)
    entries += [entry for entry in held_out if person(Path(entry.name)) in HELD_OUT_PEOPLE]
    entries += [
        Entry(f"{HAND_FREE}/{item.kind}/{item.name}", partial(_hand_free, item))
        for item in hand_free_files(path)
    ]
    return LazyFrames(path.name, entries)


def _masked(
    name: str, folder: Path, masks: str, sequence_of: Callable[[Path], str]
) -> Iterator[Entry]:
    """Yield the pictures of a set that have a mask with a hand in it."""
    files = sorted((folder / "images").glob("*.jpg")) + sorted((folder / "images").glob("*.png"))
    if not files:
        raise MediaError(f"{folder / 'images'} holds no pictures: give the folder of all data")
    for file in files:
        mask = folder / masks / f"{file.stem}.png"
        if mask.exists() and (read_mask(mask) >= _HAND).any():
            sequence = f"{name}/{sequence_of(file)}"
            yield Entry(f"{name}/{file.name}", partial(_with_mask, name, sequence, file, mask))


def _with_mask(name: str, sequence: str, file: Path, mask: Path) -> LabelledFrame:
    ids = (read_mask(mask) >= _HAND).astype(np.uint8)
    ground_truth = GroundTruth(ids, has_instances=False)
    frame_name = f"{name}/{file.name}"
    picture = read_picture(file)
    return LabelledFrame(frame_name, sequence, picture, ground_truth, {SET: name}, file=file)


def _hand_free(item: HandFreeFile) -> LabelledFrame:
    image = item.read()
    ground_truth = GroundTruth(np.zeros(image.shape[:2], np.uint8), has_instances=False)
    name = f"{HAND_FREE}/{item.kind}/{item.name}"
    return LabelledFrame(name, name, image, ground_truth, {SET: HAND_FREE, KIND: item.kind})
