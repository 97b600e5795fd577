"""A COCO file put together from lines, so that memory holds one picture's labels at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from io import BufferedWriter
from pathlib import Path
from typing import Any

from handseg_ros.datasets.coco.records import CATEGORIES
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
        _write_items(file, _annotations(lines()))
        file.write(f'],\n"categories": {json.dumps(CATEGORIES)}}}\n'.encode())


def _images(lines: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        yield {"id": number, **line["image"]}


def _annotations(lines: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    number = 0
    for image, line in enumerate(lines, start=1):
        for annotation in line["annotations"]:
            number += 1
            yield {"id": number, "image_id": image, **annotation}


def _write_items(file: BufferedWriter, items: Iterator[dict[str, Any]]) -> None:
    separator = b"\n"
    for item in items:
        file.write(separator + json.dumps(item).encode())
        separator = b",\n"
