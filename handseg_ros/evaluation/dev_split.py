"""Score a model file on the development split: `python -m handseg_ros.evaluation.dev_split`.

Figures are what the core's Segmenter answers at full image size, at the model's own thresholds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from handseg_ros.datasets.hand_free import HandFreePicture, hand_free_pictures
from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.datasets.splits import HELD_OUT_PEOPLE, person
from handseg_ros.evaluation.command_line import load_segmenter, model_parser, print_scores
from handseg_ros.evaluation.overlap import (
    FALSE_POSITIVE_LIMIT,
    Overlap,
    mean_iou,
    overlap,
    pooled_iou,
    share,
)
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.segmenter import Segmenter


@dataclass(frozen=True)
class MaskedPicture:
    """A picture, uint8 (H, W, 3), BGR, and where its hands are, bool (H, W)."""

    name: str
    image: np.ndarray
    hand: np.ndarray


def masked_sets(data: Path) -> dict[str, list[MaskedPicture]]:
    """Return the sets with human masks by name; raises MediaError when one is missing."""
    sets = {
        f"dev_{name}": list(_pairs(data / "dev" / name / "images", data / "dev" / name / "masks"))
        for name in ("ralf50", "irllabs20")
    }
    hgr = data / "masked" / "hgr"
    sets["hgr_held_out"] = [
        picture
        for picture in _pairs(hgr / "images", hgr / "mask_hand_derived")
        if person(Path(picture.name)) in HELD_OUT_PEOPLE
    ]
    return sets


def _pairs(images: Path, masks: Path) -> Iterator[MaskedPicture]:
    files = sorted(images.glob("*.jpg")) + sorted(images.glob("*.png"))
    if not files:
        raise MediaError(f"{images} holds no pictures: give the folder of the data with --data")
    for file in files:
        mask_file = masks / f"{file.stem}.png"
        if not mask_file.exists():
            continue
        mask = read_mask(mask_file) > 127
        if mask.any():
            yield MaskedPicture(file.name, read_picture(file), mask)


def overlaps(
    segmenter: Segmenter, pictures: Iterable[MaskedPicture], thresholds: Thresholds | None = None
) -> list[Overlap]:
    """Return the overlap of found and known hands in each picture."""
    return [
        overlap(segmenter.segment(picture.image, thresholds).mask() > 0, picture.hand)
        for picture in pictures
    ]


def hand_free_scores(
    segmenter: Segmenter, pictures: Iterable[HandFreePicture], thresholds: Thresholds | None = None
) -> dict[str, float]:
    """Return, by kind and for all, the share left alone and the share with too many pixels."""
    alone: dict[str, list[bool]] = {}
    marked: dict[str, list[bool]] = {}
    for picture in pictures:
        answer = segmenter.segment(picture.image, thresholds)
        for kind in (picture.kind, "all"):
            alone.setdefault(kind, []).append(not answer.hands)
            marked.setdefault(kind, []).append((answer.mask() > 0).mean() > FALSE_POSITIVE_LIMIT)
    scores = {f"hand_free_{kind}_left_alone": share(flags) for kind, flags in alone.items()}
    scores |= {f"hand_free_{kind}_marked": share(flags) for kind, flags in marked.items()}
    return scores


def score(segmenter: Segmenter, data: Path) -> dict[str, float]:
    """Return every figure of a model on the data folder, rounded to three places."""
    scores: dict[str, float] = {}
    for name, pictures in masked_sets(data).items():
        found = overlaps(segmenter, tqdm(pictures, desc=name, unit="picture"))
        scores[f"{name}_hand_iou"] = mean_iou(found)
        scores[f"{name}_hand_iou_pooled"] = pooled_iou(found)
    free = tqdm(hand_free_pictures(data), desc="hand-free", unit="picture")
    scores |= hand_free_scores(segmenter, free)
    return {name: round(value, 3) for name, value in scores.items()}


def main(arguments: list[str] | None = None) -> int:
    """Print the figures of one model and return the exit code."""
    parser = model_parser("handseg_ros.evaluation.dev_split")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    options = parser.parse_args(arguments)
    return print_scores(lambda: score(load_segmenter(options), options.data))


if __name__ == "__main__":
    sys.exit(main())
