"""Chooses the reader of a labelled set by what lies at its path."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.bags.bag_format import check_rosbags, is_bag
from handseg_ros.datasets.bag.options import BagOptions
from handseg_ros.datasets.coco.reading import (
    is_coco_file,
    is_coco_folder,
    open_coco,
    open_coco_folder,
)
from handseg_ros.datasets.development_split import is_development_split, open_development_split
from handseg_ros.datasets.frames import Dataset
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.datasets.labelme.reading import is_labelme_folder, open_labelme
from handseg_ros.datasets.mask_folder.reading import is_folder_set, open_folder
from handseg_ros.datasets.rendered import is_rendered_folder, open_rendered
from handseg_ros.datasets.video import (
    is_video,
    is_video_folder,
    open_video,
    open_video_folder,
)
from handseg_ros.segmentation.errors import MediaError

OpenSet = Callable[[Path, BagOptions, LabelOptions], Dataset]


@dataclass(frozen=True)
class DatasetFormat:
    """One kind of labelled set: how it is called, how it is told, how it is opened."""

    kind: str
    fits: Callable[[Path], bool]
    open: OpenSet


def _without_choice(open_set: Callable[[Path, LabelOptions], Dataset]) -> OpenSet:
    return lambda path, bag_options, label_options: open_set(path, label_options)


def open_bag_dataset(
    path: Path, bag_options: BagOptions | None = None, label_options: LabelOptions | None = None
) -> Dataset:
    """Return the labelled set of a bag; raises MediaError, also where rosbags is missing."""
    check_rosbags()
    # Its reader needs rosbags, which is an extra.
    from handseg_ros.datasets.bag.reading import BagDataset

    return BagDataset(path, bag_options, label_options)


# The first that fits reads the set; one more kind of set is one more line here. Bags come first,
# as they are told for certain.
FORMATS = (
    DatasetFormat("a rosbag", is_bag, open_bag_dataset),
    DatasetFormat("a folder with images/ and masks/", is_folder_set, _without_choice(open_folder)),
    DatasetFormat(
        "a folder with videos/ and masks/", is_video_folder, _without_choice(open_video_folder)
    ),
    DatasetFormat(
        "a video, and --masks",
        is_video,
        lambda path, bag_options, label_options: open_video(path, bag_options.masks, label_options),
    ),
    DatasetFormat(
        "a folder of rendered scenes", is_rendered_folder, _without_choice(open_rendered)
    ),
    DatasetFormat(
        "the folder with dev/, masked/ and backgrounds/",
        is_development_split,
        _without_choice(open_development_split),
    ),
    DatasetFormat("a COCO file of instances (.json)", is_coco_file, _without_choice(open_coco)),
    DatasetFormat("a folder with a COCO file", is_coco_folder, _without_choice(open_coco_folder)),
    DatasetFormat(
        "a folder of labelme's JSON files", is_labelme_folder, _without_choice(open_labelme)
    ),
)


def format_of(path: Path) -> DatasetFormat | None:
    """Return the kind of the labelled set at a path, as all commands read it; None for none."""
    return next((reader for reader in FORMATS if reader.fits(path)), None)


def open_dataset(
    path: Path, bag_options: BagOptions | None = None, label_options: LabelOptions | None = None
) -> Dataset:
    """Return the labelled set at a path, checked to be there; raises MediaError.

    `bag_options` tells what of a rosbag is taken, and its `masks` which belong to a video; it is
    left aside for all else. `label_options` tells how labels are to be understood.
    """
    if not path.exists():
        raise MediaError(f"the labelled set '{path}' does not exist: check its path")
    if reader := format_of(path):
        return reader.open(
            path.resolve(), bag_options or BagOptions(), label_options or LabelOptions()
        )
    kinds = "; or ".join(reader.kind for reader in FORMATS)
    raise MediaError(f"'{path}' is no labelled set that can be read: give {kinds}")
