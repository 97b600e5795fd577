"""COCO's instance labels: one JSON file, polygons and run lengths, pictures beside it.

Format: https://cocodataset.org/#format-data. Categories are those of `shapes.LABELS`; others are
left out. A picture without annotations has no hand. `iscrowd` areas are ignored. Beyond COCO's own
fields an image may have `sequence` (or `video_id`) and `tags` (an object of texts), an annotation
`track_id`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from handseg_ros.evaluation.labelled.folder import sequence_of
from handseg_ros.evaluation.labelled.frames import LabelledFrame, Truth
from handseg_ros.evaluation.labelled.listed import (
    Entry,
    ListedFrames,
    UnusableError,
    read_frame_picture,
)
from handseg_ros.evaluation.labelled.shapes import (
    HAND_LABELS,
    LABELS,
    OBJECT_LABEL,
    Area,
    normal_label,
    polygons_mask,
    runs_mask,
    truth_of,
)
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.validation import as_plain, read_json_as


@dataclass(frozen=True)
class _Image:
    id: int
    file_name: str
    sequence: str | int | None = None
    video_id: str | int | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Runs:
    size: list[int]
    counts: str | list[int]


@dataclass(frozen=True)
class _Annotation:
    image_id: int
    category_id: int
    segmentation: list[list[float]] | _Runs
    iscrowd: bool = False
    track_id: int | None = None


@dataclass(frozen=True)
class _Category:
    id: int
    name: str


@dataclass(frozen=True)
class _File:
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


def is_coco_file(path: Path) -> bool:
    """Return whether a path looks like such a file."""
    return path.is_file() and path.suffix.lower() == ".json"


def open_coco(path: Path) -> ListedFrames:
    """Return the labelled set of a COCO file; raises MediaError.

    Pictures are looked for beside the file, in `images/` beside it and beside its folder.
    """
    content = _read(path)
    labels = {item.id: normal_label(item.name) for item in content.categories}
    if not set(labels.values()) & set(HAND_LABELS):
        raise MediaError(
            f"{path} has none of the categories {', '.join(HAND_LABELS)}: rename the category of "
            "its hands"
        )
    of_image: dict[int, list[_Annotation]] = defaultdict(list)
    for annotation in content.annotations:
        if labels.get(annotation.category_id) in LABELS:
            of_image[annotation.image_id].append(annotation)
    return ListedFrames(
        path.stem,
        [
            Entry(_name(image), _Reader(path, image, of_image[image.id], labels))
            for image in content.images
        ],
    )


def _read(path: Path) -> _File:
    try:
        return read_json_as(_File, path.read_bytes())
    except InvalidFieldError as error:
        raise MediaError(
            f"{path} is no COCO file of instances ({error}): export it as COCO, or give a folder"
        ) from error
    except (OSError, ValueError) as error:
        raise MediaError(f"{path} cannot be read ({error}): export it again") from error


def _name(image: _Image) -> str:
    return Path(image.file_name).with_suffix("").as_posix()


class _Reader:
    """Reads one frame of a COCO file."""

    def __init__(
        self,
        path: Path,
        image: _Image,
        annotations: list[_Annotation],
        labels: Mapping[int, str],
    ) -> None:
        self._path, self._image = path, image
        self._annotations, self._labels = annotations, labels

    def __call__(self) -> LabelledFrame:
        image = read_frame_picture(self._picture())
        name = _name(self._image)
        told = next(
            (str(own) for own in (self._image.sequence, self._image.video_id) if own is not None),
            sequence_of(name, self._path.stem),
        )
        truth = self._truth((image.shape[0], image.shape[1]))
        return LabelledFrame(name, told, image, truth, self._image.tags)

    def _picture(self) -> Path:
        beside = self._path.parent
        for folder in (beside, beside / "images", beside.parent / "images"):
            if (folder / self._image.file_name).is_file():
                return folder / self._image.file_name
        raise UnusableError("its picture is neither beside the file nor in a folder images/")

    def _truth(self, shape: tuple[int, int]) -> Truth:
        areas = []
        for item in self._annotations:
            own = item.segmentation
            mask = (
                runs_mask(as_plain(own), shape)
                if isinstance(own, _Runs)
                else polygons_mask(own, shape)
            )
            areas.append(Area(mask, self._labels[item.category_id], item.iscrowd, item.track_id))
        return truth_of(areas, shape, OBJECT_LABEL in self._labels.values())
