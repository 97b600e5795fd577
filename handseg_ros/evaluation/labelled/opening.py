"""Chooses the reader of a labelled set by what lies at its path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.evaluation.labelled.coco import is_coco_file, open_coco
from handseg_ros.evaluation.labelled.folder import is_folder_set, open_folder
from handseg_ros.evaluation.labelled.frames import LabelledSet
from handseg_ros.evaluation.labelled.labelme import is_labelme_folder, open_labelme
from handseg_ros.segmentation.errors import MediaError


@dataclass(frozen=True)
class Reader:
    """One kind of labelled set: how it is called, how it is told, how it is opened."""

    kind: str
    fits: Callable[[Path], bool]
    open: Callable[[Path], LabelledSet]


# The first that fits reads the set; one more kind of set is one more line here.
READERS = (
    Reader("a folder with images/ and masks/", is_folder_set, open_folder),
    Reader("a COCO file of instances (.json)", is_coco_file, open_coco),
    Reader("a folder of labelme's JSON files", is_labelme_folder, open_labelme),
)


def open_labelled(path: Path) -> LabelledSet:
    """Return the labelled set at a path, checked to be there; raises MediaError."""
    if not path.exists():
        raise MediaError(f"the labelled set '{path}' does not exist: check its path")
    for reader in READERS:
        if reader.fits(path):
            return reader.open(path.resolve())
    kinds = "; or ".join(reader.kind for reader in READERS)
    raise MediaError(f"'{path}' is no labelled set that can be read: give {kinds}")
