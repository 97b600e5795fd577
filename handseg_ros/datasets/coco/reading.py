"""COCO's instance labels: one JSON file, polygons and run lengths, pictures beside it.

Format: https://cocodataset.org/#format-data. Categories are those of `shapes.LABELS`; others are
left out. A picture without annotations has no hand. `iscrowd` areas are ignored. Beyond COCO's own
fields an image may have `sequence` (or `video_id`), `source`, `person`, `tags` (texts by names),
`background` (another picture's file_name) and `label_orientation` (`upright`), an annotation
`track_id` and `attributes`, of which `all_hands_together` (true) says that it is no single hand.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.datasets.annotations import (
    HAND_LABELS,
    OBJECT_LABEL,
    empty_notes,
    ground_truth_of,
)
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.coco.file import (
    CocoAnnotation,
    CocoImage,
    coco_files_in,
    read_coco,
)
from handseg_ros.datasets.coco.picture_finder import PictureFinder
from handseg_ros.datasets.coco.picture_places import PicturePlace, picture_places
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.first_labels import COCO, FirstLabels, coco_digest
from handseg_ros.datasets.frame_picture import FramePicture, Shape, read_frame_picture
from handseg_ros.datasets.frames import (
    BackgroundPicture,
    LabelledFrame,
    LabelOrigin,
    SkipCause,
)
from handseg_ros.datasets.label_options import LabelOptions, LabelOrientation
from handseg_ros.datasets.lazy_frames import Entry, LazyFrames, UnusableError
from handseg_ros.datasets.mask_folder.reading import sequence_of
from handseg_ros.datasets.polygons import polygons_mask, reaches_out, runs_mask
from handseg_ros.segmentation.errors import MediaError

# So many categories that are left out are told by name.
_NAMED = 4


def is_coco_file(path: Path) -> bool:
    """Return whether a path looks like such a file."""
    return path.is_file() and path.suffix.lower() == ".json"


def is_coco_folder(path: Path) -> bool:
    """Return whether a path is a folder as tools export COCO, and not one of labelme's."""
    return path.is_dir() and bool(coco_files_in(path))


def open_coco_folder(path: Path, label_options: LabelOptions | None = None) -> LazyFrames:
    """Return the labelled set of a folder's only COCO file; raises MediaError for several."""
    files = coco_files_in(path)
    if len(files) > 1:
        names = ", ".join(file.relative_to(path).as_posix() for file in files)
        raise MediaError(f"'{path}' has {len(files)} COCO files: give one of them, {names}")
    return open_coco(files[0], label_options)


def open_coco(path: Path, label_options: LabelOptions | None = None) -> LazyFrames:
    """Return the labelled set of a COCO file; raises MediaError."""
    content = read_coco(path)
    if not content.labels & set(HAND_LABELS):
        raise MediaError(
            f"{path} has none of the categories {', '.join(HAND_LABELS)}: rename the category of "
            "its hands"
        )
    finder = PictureFinder(path)
    places = picture_places(finder, content.images)
    whole = _Set(
        path,
        finder,
        OBJECT_LABEL in content.labels,
        label_options or LabelOptions(),
        FirstLabels.near((path.parent,), COCO),
        _note_on_others(content.others),
    )
    return LazyFrames(
        path.stem,
        [
            Entry(place.name, _Reader(whole, image, content.annotations.get(image.id, ()), place))
            for image, place in zip(content.images, places, strict=True)
        ],
        content.lost,
    )


class _Shapes:
    """Heights and widths of pictures, upright, each read once."""

    def __init__(self) -> None:
        self._shapes: dict[Path, Shape] = {}

    def of(self, file: Path) -> Shape:
        """Return a picture's shape; raises UnusableError for none."""
        if file not in self._shapes:
            self._shapes[file] = StoredPicture.read(file).shape
        return self._shapes[file]


@dataclass(frozen=True)
class _Set:
    """What all frames of a file have in common."""

    path: Path
    finder: PictureFinder
    has_objects: bool
    label_options: LabelOptions
    first: FirstLabels | None
    others: Mapping[str, tuple[str, ...]]
    background_shapes: _Shapes = field(default_factory=_Shapes)


def _note_on_others(others: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    """Return what is told, by image, of categories that are left out: those like "hand" first."""
    names = sorted(frozenset().union(*others.values()), key=lambda name: ("hand" not in name, name))
    some = ", ".join(f"'{name}'" for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    note = f"annotations of other categories ({some}{more}) were left out"
    return dict.fromkeys(others, (note,))


class _Reader:
    """Reads one frame of a COCO file."""

    __slots__ = ("_annotations", "_image", "_place", "_whole")

    def __init__(
        self,
        whole: _Set,
        image: CocoImage,
        annotations: Sequence[CocoAnnotation],
        place: PicturePlace,
    ) -> None:
        self._whole, self._image = whole, image
        self._annotations, self._place = annotations, place

    def __call__(self) -> LabelledFrame:
        file = self._place.path
        picture = read_frame_picture(file)
        drawn_on = self._whole.label_options.orientation
        if self._image.is_upright:
            drawn_on = LabelOrientation.UPRIGHT
        frame = picture.label_frame(self._told_shape(picture), drawn_on)
        areas = [_area(item, frame.shape) for item in self._annotations]
        ground_truth = frame.turned_ground_truth(
            ground_truth_of(areas, frame.shape, self._whole.has_objects)
        )
        return LabelledFrame(
            self._place.name,
            self._image.sequence or sequence_of(self._place.name, self._whole.path.stem),
            picture.pixels,
            ground_truth,
            self._image.tags,
            notes=(*frame.notes, *self._whole.others.get(self._image.id, ()), *empty_notes(areas)),
            origin=self._origin(file),
            file=file,
            background=self._background(picture.shape),
        )

    def _background(self, shape: Shape) -> BackgroundPicture | None:
        """Return the frame's background, of a `shape` that is the frame's own."""
        name = self._image.background
        if name is None:
            return None
        try:
            file = self._whole.finder.find(name).path
            own = self._whole.background_shapes.of(file)
        except UnusableError as error:
            raise UnusableError(
                f"its background '{name}' cannot be used: {error}", SkipCause.PICTURE
            ) from error
        if own != shape:
            sizes = f"has {own[1]}x{own[0]} pixels, and it {shape[1]}x{shape[0]}"
            raise UnusableError(f"its background '{name}' {sizes}", SkipCause.SIZE)
        return BackgroundPicture(name, file)

    def _origin(self, file: Path) -> LabelOrigin | None:
        if self._whole.first is None:
            return None
        own = coco_digest((a.label, a.segmentation, a.is_crowd) for a in self._annotations)
        return self._whole.first.origin(file.stem, own)

    def _told_shape(self, picture: FramePicture) -> tuple[int, int] | None:
        """Return the size that the label is for: the image's own, else that of run lengths."""
        if self._image.shape:
            return self._image.shape
        sizes = [
            item.segmentation.get("size")
            for item in self._annotations
            if isinstance(item.segmentation, Mapping)
        ]
        fitting = (picture.shape, picture.stored_shape)
        return next((shape for shape in fitting if list(shape) in sizes), None)


def _area(item: CocoAnnotation, shape: tuple[int, int]) -> Area:
    if item.label is None:
        raise UnusableError(
            "an annotation of its label is of a category that the file lacks", SkipCause.VALUES
        )
    mask, is_cut = _mask(item.segmentation, shape)
    track, together = item.track, item.is_together
    return Area(mask, item.label, item.is_crowd, track, together, item.attributes, is_cut)


def _mask(segmentation: Any, shape: tuple[int, int]) -> tuple[np.ndarray, bool]:
    """Return a mask, and whether what was drawn goes beyond the picture."""
    if not segmentation:
        raise UnusableError(
            "an annotation of its label has a box alone, and no segmentation", SkipCause.BOX
        )
    if isinstance(segmentation, Mapping):
        return runs_mask(segmentation, shape), False
    is_flat = isinstance(segmentation, list) and not isinstance(segmentation[0], list)
    polygons = [segmentation] if is_flat else segmentation
    return polygons_mask(polygons, shape), reaches_out(polygons, shape)
