"""A COCO file put together from lines, so that memory holds one picture's labels at a time."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from io import BufferedWriter
from pathlib import Path
from typing import Any

from handseg_ros.datasets.coco.records import CATEGORIES, PERSON_CATEGORY
from handseg_ros.media.atomic_files import replacing

# A picture's `image` and `annotations`, without ids, as JSON: what `lines` yields.
Lines = Callable[[], Iterator[Mapping[str, Any]]]


def write_coco(path: Path, lines: Lines) -> None:
    """Write the file whole or not at all; `lines` is read twice. Raises MediaError.

    Ids are numbers from 1 on, in the order of the lines.
    """
    with replacing(path) as partial, partial.open("wb") as file:
        file.write(b'{"images": [')
        _write_items(file, _images(lines()))
        file.write(b'],\n"annotations": [')
        categories: set[int] = set()
        _write_items(file, _annotations(lines(), categories))
        people = [PERSON_CATEGORY] if PERSON_CATEGORY["id"] in categories else []
        file.write(f'],\n"categories": {json.dumps([*CATEGORIES, *people])}}}\n'.encode())


def _images(lines: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        yield {"id": number, **line["image"]}


def _annotations(
    lines: Iterator[Mapping[str, Any]], categories: set[int]
) -> Iterator[dict[str, Any]]:
    """Yield the annotations, and note their categories."""
    number = 0
    for image, line in enumerate(lines, start=1):
        for annotation in line["annotations"]:
            number += 1
            categories.add(annotation["category_id"])
            yield {"id": number, "image_id": image, **annotation}


def _write_items(file: BufferedWriter, items: Iterator[dict[str, Any]]) -> None:
    separator = b"\n"
    for item in items:
        file.write(separator + json.dumps(item).encode())
        separator = b",\n"
