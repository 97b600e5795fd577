"""Where the pictures of a COCO file's images lie: each picture is one image's, or nobody's."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.datasets.coco.file import CocoImage
from handseg_ros.datasets.coco.picture_finder import FoundPicture, PictureFinder, plain_path
from handseg_ros.datasets.frames import SkipCause
from handseg_ros.datasets.lazy_frames import UnusableError


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """Where an image's picture lies, or why it is not to be had; `name` is the frame's."""

    name: str
    file_name: str
    picture: FoundPicture | None
    reason: str = ""

    @property
    def path(self) -> Path:
        """The picture's file; raises UnusableError where there is none."""
        if self.picture is None:
            raise UnusableError(self.reason, SkipCause.PICTURE)
        return self.picture.path


def picture_places(finder: PictureFinder, images: Sequence[CocoImage]) -> list[PicturePlace]:
    """Return where the pictures of images lie, in their order.

    What two images lead to would have the hands of one alone, or another's: it is left out, unless
    the whole name of one leads there.
    """
    places = [_place(finder, image) for image in images]
    owners: dict[Path, list[PicturePlace]] = defaultdict(list)
    for place in places:
        if place.picture:
            owners[place.picture.path.resolve()].append(place)
    shared: set[int] = set()
    for own in owners.values():
        exact = [place for place in own if place.picture and place.picture.is_exact]
        shared |= {id(place) for place in own if len(own) > 1 and exact != [place]}
    return [
        _unusable(place.file_name, "its picture is that of another image too")
        if id(place) in shared
        else place
        for place in places
    ]


def _place(finder: PictureFinder, image: CocoImage) -> PicturePlace:
    if not image.file_name:
        return PicturePlace(f"image {image.id}", "", None, "its file_name is no text")
    try:
        found = finder.find(image.file_name)
    except UnusableError as error:
        return _unusable(image.file_name, str(error))
    return PicturePlace(_stem(found.name), image.file_name, found)


def _unusable(file_name: str, reason: str) -> PicturePlace:
    return PicturePlace(_stem(plain_path(file_name)), file_name, None, reason)


def _stem(name: str) -> str:
    return Path(name).with_suffix("").as_posix() if name else name
