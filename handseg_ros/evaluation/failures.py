"""Show where a model fails: `python -m handseg_ros.evaluation.failures`.

It looks at the development split, at rendered scenes, or at both. The sheet shows the pictures with
the lowest IoU, worst first, then the pictures without hands in which the most pixels are marked.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from handseg_ros.datasets.hand_free import HandFreePicture, hand_free_pictures
from handseg_ros.datasets.rendered import read_rendered, rendered_files
from handseg_ros.evaluation.command_line import load_segmenter, model_parser
from handseg_ros.evaluation.contact_sheet import make_tile, write_sheet
from handseg_ros.evaluation.dev_split import MaskedPicture, masked_sets
from handseg_ros.evaluation.instance_matching import found_masks
from handseg_ros.evaluation.overlap import overlap
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.segmenter import Segmenter

WORST = 24
MOST_MARKED = 12


@dataclass(frozen=True)
class Failure:
    """A tile of `make_tile` and how bad its picture is: 1 - IoU, or the share marked."""

    badness: float
    tile: np.ndarray


def judged(segmenter: Segmenter, pictures: Iterable[MaskedPicture]) -> Iterator[Failure]:
    """Yield every picture with hands, outlines and IoU."""
    for picture in pictures:
        segmentation = segmenter.segment(picture.image)
        iou = overlap(segmentation.mask() > 0, picture.hand).iou
        found = found_masks(segmentation)
        caption = f"IoU {iou:.2f}  {picture.name}"
        yield Failure(1 - iou, make_tile(picture.image, [picture.hand], found, caption))


def marked(segmenter: Segmenter, pictures: Iterable[HandFreePicture]) -> Iterator[Failure]:
    """Yield every picture without hands of which something is marked."""
    for picture in pictures:
        segmentation = segmenter.segment(picture.image)
        part = float((segmentation.mask() > 0).mean())
        if part:
            caption = f"marked {part:.1%}  {picture.kind} {picture.name}"
            yield Failure(part, make_tile(picture.image, [], found_masks(segmentation), caption))


def worst(failures: Iterable[Failure], count: int) -> list[np.ndarray]:
    """Return the tiles of the `count` worst, worst first; the others are not kept."""
    return [item.tile for item in heapq.nlargest(count, failures, lambda item: item.badness)]


def _pictures(
    data: Path | None, rendered: Path | None
) -> tuple[list[MaskedPicture], list[HandFreePicture]]:
    """Return the pictures with hands and those without of both folders."""
    known: list[MaskedPicture] = []
    free: list[HandFreePicture] = []
    if data:
        known += [item for pictures in masked_sets(data).values() for item in pictures]
        free += hand_free_pictures(data)
    for file in rendered_files(rendered) if rendered else ():
        picture = read_rendered(file)
        if picture.hands:
            hand = np.logical_or.reduce([hand.mask for hand in picture.hands])
            known.append(MaskedPicture(picture.name, picture.image, hand))
        else:
            free.append(HandFreePicture("rendered", picture.name, picture.image))
    return known, free


def main(arguments: list[str] | None = None) -> int:
    """Write the sheet of one model and return the exit code."""
    parser = model_parser("handseg_ros.evaluation.failures")
    parser.add_argument("--data", type=Path, help="folder of the data: the development split")
    parser.add_argument("--rendered", type=Path, help="folder of rendered scenes")
    parser.add_argument("--out", type=Path, required=True, help="the picture to write, a .png")
    options = parser.parse_args(arguments)
    if not (options.data or options.rendered):
        parser.error("nothing to look at: give --data, --rendered or both")
    try:
        segmenter = load_segmenter(options)
        known, free = _pictures(options.data, options.rendered)
        tiles = worst(judged(segmenter, tqdm(known, desc="hands", unit="picture")), WORST)
        nothing = tqdm(free, desc="hand-free", unit="picture")
        tiles += worst(marked(segmenter, nothing), MOST_MARKED)
        write_sheet(tiles, options.out)
    except HandsegError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.out}: the worst {len(tiles)} pictures; known hands green, found ones red")
    return 0


if __name__ == "__main__":
    sys.exit(main())
