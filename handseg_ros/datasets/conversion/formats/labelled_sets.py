"""Formats that `handseg evaluate` reads too: mask folders, labelme's files, renders."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from handseg_ros.datasets.conversion.frames_as_members import from_dataset
from handseg_ros.datasets.conversion.layout import check_layout
from handseg_ros.datasets.conversion.member import SourceSet
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.labelme.reading import is_labelme_folder, open_labelme
from handseg_ros.datasets.mask_folder.reading import IMAGES, MASKS, open_folder
from handseg_ros.datasets.rendered import is_rendered_folder, open_rendered
from handseg_ros.segmentation.errors import MediaError


def open_masks(path: Path, options: ConversionOptions) -> SourceSet:
    """Return a folder with `images/` and `masks/`; raises MediaError."""
    check_layout(path, (IMAGES, MASKS), "a folder of pictures and masks")
    return from_dataset(open_folder(path, options.labels))


def open_labelme_set(path: Path, options: ConversionOptions) -> SourceSet:
    """Return a folder of labelme's files; raises MediaError."""
    check_layout(path, (), "a folder of labelme's files")
    if not is_labelme_folder(path):
        raise MediaError(f"'{path}' has no JSON files of labelme's: give the folder with them")
    return from_dataset(open_labelme(path, options.labels))


def open_rendered_set(path: Path, options: ConversionOptions) -> SourceSet:
    """Return a folder of rendered scenes; raises MediaError."""
    if not is_rendered_folder(path):
        raise MediaError(
            f"'{path}' is no folder of rendered scenes: it needs images/, ids/ and facts/"
        )
    return from_dataset(open_rendered(path, options.labels))
