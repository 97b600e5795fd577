"""Labelled frames for tests: painted ones with answers made by hand, and real ones on the disk."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.evaluation.runner.comparison import compare_frame
from handseg_ros.evaluation.runner.records import FrameRecord
from handseg_ros.media.sources import open_source
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings
from handseg_ros.segmentation.segmenter import Segmenter

CLIP = Path(__file__).resolve().parents[2] / "assets" / "rendered_hands.avi"
SHAPE = (100, 120)
Square = tuple[int, int, int]


def found(number: int, square: Square, score: float = 0.9, side: Side = Side.UNKNOWN) -> Hand:
    """Return a found hand that fills a square: x, y, size."""
    x, y, size = square
    mask = np.full((size, size), 255, np.uint8)
    return Hand(number, side, 0.9, score, Box(x, y, size, size), mask, size * size, (0.0, 0.0))


def ids_of(squares: Sequence[Square]) -> np.ndarray:
    """Return ids from 1 on, one for each square: uint8 of `SHAPE`."""
    ids = np.zeros(SHAPE, np.uint8)
    for number, (x, y, size) in enumerate(squares, start=1):
        ids[y : y + size, x : x + size] = number
    return ids


def record(
    known: Sequence[Square] | GroundTruth | None,
    *answers: Sequence[Hand],
    name: str = "frame",
    sequence: str = "sequence",
    tags: Mapping[str, str] | None = None,
) -> FrameRecord:
    """Return a frame's record: squares that are known, each model's found hands."""
    ground_truth = GroundTruth(ids_of(known), True) if isinstance(known, Sequence) else known
    image = np.zeros((*SHAPE, 3), np.uint8)
    frame = LabelledFrame(name, sequence, image, ground_truth, tags or {})
    return compare_frame(
        frame, [Segmentation(*SHAPE, tuple(hands), Timings(0.0, 0.0, 0.0)) for hands in answers]
    )


def clip_frames(count: int) -> list[np.ndarray]:
    """Return the first frames of the package's rendered clip."""
    return [frame.image for frame, _ in zip(open_source(CLIP.as_posix()), range(count))]  # noqa: B905


def write_clip_folder(folder: Path, frames: int, sequences: int = 2) -> Path:
    """Write frames of the clip in folders of sequences, labelled by a model, a little wrongly.

    The last frame of each sequence has no label. Labels are ids.
    """
    segmenter = Segmenter.load("hands")
    for number, image in enumerate(clip_frames(frames)):
        name = f"{number * sequences // frames}/{number:03d}"
        for part in ("images", "masks"):
            (folder / part / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "images" / f"{name}.png"), image)
        if (number + 1) % (frames // sequences):
            ids = segmenter.segment(image).instances()
            cv2.imwrite(str(folder / "masks" / f"{name}.png"), cv2.erode(ids, np.ones((3, 3))))
    return folder
