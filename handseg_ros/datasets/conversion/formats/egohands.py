"""EgoHands: two people at a table, each seen by the other's glasses, hands as polygons.

Format: Bambach et al., "Lending A Hand: Detecting Hands and Recognizing Activities in Complex
Egocentric Interactions", ICCV 2015, and the README of its download: `metadata.mat` has one struct
for each of 48 videos, whose `labelled_frames` have polygons of the viewer's own and of the other
person's left and right hand (x and y from 1 on, as Matlab counts), in pictures of 1280x720.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.conversion.layout import check_layout
from handseg_ros.datasets.conversion.matlab import fields_of, read_matlab, structs
from handseg_ros.datasets.conversion.member import (
    OTHER,
    OWNER,
    SELF,
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.polygons import polygons_mask
from handseg_ros.segmentation.errors import MediaError

METADATA, PICTURES = "metadata.mat", "_LABELLED_SAMPLES"
_VIDEO = ("video_id", "labelled_frames")
# Each field of a frame: whose hand, and which.
HANDS = {
    "myleft": (SELF, "left_hand"),
    "myright": (SELF, "right_hand"),
    "yourleft": (OTHER, "left_hand"),
    "yourright": (OTHER, "right_hand"),
}
_TAGS = {"location_id": "location", "activity_id": "activity"}


def open_egohands(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the data set of a folder; raises MediaError."""
    check_layout(path, (METADATA, PICTURES), "EgoHands")
    content = read_matlab(path / METADATA)
    videos = structs(content.get("video"))
    if not videos or any(not hasattr(videos[0], name) for name in _VIDEO):
        raise MediaError(
            f"'{path / METADATA}' has no videos with labelled frames: download EgoHands again"
        )
    length = sum(len(structs(video.labelled_frames)) for video in videos)
    return SourceSet("egohands", length, lambda: _members(path / PICTURES, videos))


def _members(pictures: Path, videos: list[Any]) -> Iterator[Member]:
    for video in videos:
        for frame in structs(video.labelled_frames):
            name = f"{video.video_id}/frame_{int(frame.frame_num):04d}"
            yield Member(name, partial(_read, pictures / f"{name}.jpg", video, frame))


def _read(file: Path, video: Any, frame: Any) -> ConvertedFrame:
    picture = StoredPicture.read(file)
    shape = picture.label_frame(picture.shape).shape
    areas = [
        ConvertedArea(label, _mask(polygon, shape), attributes={OWNER: owner})
        for field, (owner, label) in HANDS.items()
        if (polygon := np.asarray(getattr(frame, field), float)).size
    ]
    told = fields_of(video, ("ego_viewer_id", *_TAGS))
    tags = {_TAGS[name]: told[name] for name in _TAGS if name in told}
    return ConvertedFrame(
        picture, areas, str(video.video_id), person=told.get("ego_viewer_id"), tags=tags
    )


def _mask(polygon: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a polygon's pixels; pixel 1 of Matlab is the one from 0 to 1 here, so 0.5 less."""
    if polygon.ndim != 2 or polygon.shape[1] != 2:
        raise UnusableError("a polygon of its label is no list of x and y")
    return polygons_mask([(polygon - 0.5).ravel().tolist()], shape)
