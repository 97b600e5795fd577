"""A labelled set to look at: a contact sheet, and a page that filters, in a folder of its own."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handseg_ros.curation.even_sample import EvenSample
from handseg_ros.curation.export import check_any
from handseg_ros.curation.picture_facts import PictureFacts, facts_of
from handseg_ros.curation.progress import Progress
from handseg_ros.curation.thumbnail import thumbnail
from handseg_ros.datasets.frames import Dataset
from handseg_ros.evaluation.contact_sheet import make_tile, write_sheet
from handseg_ros.media.atomic_files import write_bytes
from handseg_ros.media.atomic_folders import new_folder
from handseg_ros.media.text_file import TextFile

PAGE, SHEET, DATA, THUMBNAILS = "index.html", "contact_sheet.png", "pictures.js", "thumbnails"
_SOURCES = Path(__file__).parent / "page"
_LONGEST_SIDE = 480
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 85]
_MOST_TILES = 48


@dataclass(frozen=True)
class ShownSet:
    """How many pictures are on the page, and how many on the sheet."""

    pictures: int
    tiles: int


def show(dataset: Dataset, title: str, every: int, out: Path, progress: Progress) -> ShownSet:
    """Write every n-th picture of a set into a new folder, with a title; raises MediaError.

    Thumbnails are written as pictures are read; a line for each goes into `pictures.js`.
    """
    with new_folder(out) as folder:
        tiles: EvenSample[np.ndarray] = EvenSample(_MOST_TILES)
        pictures = 0
        with TextFile(str(folder / DATA)) as data:
            data.write(f"const TITLE = {json.dumps(title)};\nconst PICTURES = [\n")
            for record, tile in _shown(dataset, every, folder, progress):
                data.write(json.dumps(record) + ",\n")
                tiles.add(tile)
                pictures += 1
            check_any(pictures, dataset)
            data.write("];\n")
        write_sheet(tiles.items, folder / SHEET)
        for name in ("page.css", "page.js", PAGE):
            write_bytes(folder / name, (_SOURCES / name).read_bytes())
    return ShownSet(pictures, len(tiles.items))


def _shown(
    dataset: Dataset, every: int, folder: Path, progress: Progress
) -> Iterator[tuple[Mapping[str, Any], np.ndarray]]:
    """Yield what the page has of each picture, and its tile on the sheet."""
    shown = 0
    for number, frame in enumerate(progress(dataset, dataset.length, dataset.title)):
        if number % every:
            continue
        shown += 1
        facts, small = facts_of(frame, dataset.title), thumbnail(frame, _LONGEST_SIDE)
        name = f"{THUMBNAILS}/{shown:06d}.jpg"
        _, jpeg = cv2.imencode(".jpg", small, _QUALITY)
        write_bytes(folder / name, jpeg.tobytes())
        yield _record(facts, name), make_tile(small, (), (), _caption(facts))


def _record(facts: PictureFacts, thumbnail_name: str) -> Mapping[str, Any]:
    """Return what the page has of a picture, in the words of its filters."""
    return {
        "name": facts.name,
        "thumbnail": thumbnail_name,
        "width": facts.width,
        "height": facts.height,
        "labelled": facts.is_labelled,
        "together": not facts.has_instances,
        "hands": [[hand.side, hand.size_name, round(hand.size, 3)] for hand in facts.hands],
        "objects": facts.objects,
        "source": facts.source,
        "person": facts.person,
        "sequence": facts.sequence,
        "tags": dict(facts.tags),
    }


def _caption(facts: PictureFacts) -> str:
    """Return the line below a tile: what is labelled comes first, as long names are cut."""
    if not facts.is_labelled:
        return f"no label  {facts.name}"
    letters = "".join({"left": "L", "right": "R"}.get(hand.side, "?") for hand in facts.hands)
    return f"{letters or 'no hand'}  {facts.name}"
