"""Rosbags and videos with labels: one, or several, each of which is read by itself."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from functools import partial
from pathlib import Path

from handseg_ros.bags.bag_format import bags_at, check_rosbags, is_bag
from handseg_ros.datasets.conversion.frames_as_members import from_dataset
from handseg_ros.datasets.conversion.member import Recording, SourceSet
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.recordings import joined_recordings
from handseg_ros.datasets.registry import open_bag_dataset
from handseg_ros.datasets.video import (
    VideoDataset,
    is_video,
    is_video_folder,
    open_video,
    open_video_folder,
)
from handseg_ros.segmentation.errors import MediaError


def open_bag_set(path: Path, options: ConversionOptions) -> SourceSet:
    """Return a rosbag with labels, or a folder of some; raises MediaError."""
    if is_bag(path):
        return _one_bag(path, options)
    return joined_recordings(path.name, bag_recordings(path, options))


def bag_recordings(path: Path, options: ConversionOptions) -> list[Recording]:
    """Return the rosbag at a path, or those in a folder; raises MediaError for none."""
    check_rosbags()
    bags = bags_at(path)
    if not bags:
        raise MediaError(
            f"'{path}' is no rosbag, and has none in it: give its folder or its file, or a folder "
            "of such folders"
        )
    return [Recording(bag.name, partial(_one_bag, bag, options)) for bag in bags]


def _one_bag(path: Path, options: ConversionOptions) -> SourceSet:
    return from_dataset(open_bag_dataset(path, options.bag, options.labels))


def open_video_set(path: Path, options: ConversionOptions) -> SourceSet:
    """Return a video with a folder of masks, or a folder with videos and masks.

    Raises MediaError.
    """
    if is_video(path):
        return from_dataset(open_video(path, options.bag.masks, options.labels))
    return joined_recordings(path.name, video_recordings(path, options))


def video_recordings(path: Path, options: ConversionOptions) -> list[Recording]:
    """Return the videos of a folder with their masks; raises MediaError for another path."""
    if not is_video_folder(path):
        raise MediaError(
            f"'{path}' is no folder with videos/ and masks/, in which each video has a folder of "
            "its name: give such a folder, or one video with --masks FOLDER"
        )
    dataset = open_video_folder(path, options.labels)
    return [
        Recording(name, partial(_one_video, dataset, number))
        for number, name in enumerate(dataset.recordings)
    ]


def _one_video(dataset: VideoDataset, number: int) -> SourceSet:
    return from_dataset(dataset.recording(number))
