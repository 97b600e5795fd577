"""Puts the label of one picture into a COCO file that may hold many, and leaves all else."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from handseg_ros.datasets.area import Area
from handseg_ros.datasets.coco.picture_finder import PictureFinder
from handseg_ros.datasets.coco.records import CATEGORIES, annotation_record
from handseg_ros.datasets.conversion.frames_as_members import converted_area
from handseg_ros.datasets.field_names import ORIENTATION, UPRIGHT
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import MediaError


def updated_coco(file: Path, picture: Path, shape: tuple[int, int], areas: Sequence[Area]) -> str:
    """Return a file's text with the areas of a picture of `shape` (H, W) in place of those it had.

    `picture` lies in the file's folder or below. Ids of all others stay. Raises MediaError for a
    file that is none of COCO's, or has other categories.
    """
    content = _content(file)
    image = _image_of(content["images"], file, picture)
    image |= {"height": shape[0], "width": shape[1], ORIENTATION: UPRIGHT}
    kept = [item for item in content["annotations"] if item.get("image_id") != image["id"]]
    last = max((int(item["id"]) for item in content["annotations"]), default=0)
    own = [
        {"id": number, "image_id": image["id"], **annotation_record(converted_area(area))}
        for number, area in enumerate(areas, last + 1)
    ]
    return json.dumps({**content, "annotations": [*kept, *own]})


def check_updatable(file: Path) -> None:
    """Raise MediaError for a file that `updated_coco` would refuse; a missing one is none."""
    _content(file)


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {"images": [], "annotations": [], "categories": CATEGORIES}
    except (OSError, ValueError, RecursionError) as error:
        raise MediaError(
            f"'{file}' is no JSON file that can be read ({error}): move it elsewhere"
        ) from error
    if not _is_ours(content):
        raise MediaError(
            f"'{file}' is no COCO file with the categories of this package, so the label cannot be "
            "put into it: move it elsewhere"
        )
    return content  # type: ignore[no-any-return]


def _is_ours(content: Any) -> bool:
    if not isinstance(content, dict) or content.get("categories") != CATEGORIES:
        return False
    lists = [content.get("images"), content.get("annotations")]
    return all(isinstance(items, list) and all(map(_has_number, items)) for items in lists)


def _has_number(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), int)


def _image_of(images: list[dict[str, Any]], file: Path, picture: Path) -> dict[str, Any]:
    """Return the entry whose name leads to a picture, a new one where none does."""
    finder = PictureFinder(file)
    for image in images:
        with suppress(UnusableError):
            if finder.find(str(image.get("file_name"))).path.samefile(picture):
                return image
    name = picture.relative_to(file.parent).as_posix()
    image = {"id": max((int(one["id"]) for one in images), default=0) + 1, "file_name": name}
    images.append(image)
    return image
