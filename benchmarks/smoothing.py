"""What smoothing over time brings and costs: `make bench-smoothing DATA=../shared/data HELD=...`.

Each labelled picture becomes short videos: a camera that trembles, one that moves by a hundredth of
the width a frame, and one that moves by four hundredths; all with new noise, light and JPEG in
each frame. DATA has dev/, HELD is a folder of rendered scenes (docs/model.md).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from handseg_ros.segmentation.segmenter import Segmenter

FRAMES = 6
NOISE, LIGHT, QUALITY = 5.0, 0.015, 80
TREMBLE = 0.25  # pixels
STEPS = {"still": 0.0, "slow": 0.01, "fast": 0.04}  # of the width, each frame
EVERY_HELD = 5
SMALLEST = 60  # pixels of hands


@dataclass(frozen=True)
class Still:
    """A labelled picture: uint8 (height, width, 3), BGR, and where its hands are, bool."""

    kind: str
    picture: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class Figures:
    """Means over frames; flicker is 1 less the IoU of what is found in neighbouring frames."""

    iou: float
    flicker: float

    @classmethod
    def of(cls, ious: list[float], neighbours: list[float]) -> Figures:
        """Summarise the frames' values."""
        return cls(statistics.fmean(ious), 1.0 - statistics.fmean(neighbours))


def stills(data: Path, held: Path) -> Iterator[Still]:
    """Yield every labelled picture that has a hand."""
    listed = [("photos", path, "masks") for path in sorted(data.glob("dev/*/images/*"))]
    listed += [("rendered", path, "ids") for path in sorted(held.glob("images/*"))[::EVERY_HELD]]
    for kind, path, labels in listed:
        label = path.parent.parent / labels / f"{path.stem}.png"
        mask = cv2.imread(str(label), cv2.IMREAD_GRAYSCALE) if label.is_file() else None
        picture = cv2.imread(str(path))
        if mask is None or picture is None:
            continue
        is_hand = mask > (127 if labels == "masks" else 0)
        if np.count_nonzero(is_hand) >= SMALLEST:
            yield Still(kind, picture, is_hand)


def video(still: Still, step: float, random: np.random.Generator) -> Iterator[Still]:
    """Yield the frames of a camera that trembles, or moves by `step` of the width."""
    height, width = still.mask.shape
    angle = random.uniform(0.0, 2.0 * np.pi)
    way = step * width * np.array([np.cos(angle), np.sin(angle)])
    for number in range(FRAMES):
        shift = number * way if step else random.normal(0.0, TREMBLE, 2)
        matrix = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
        border = cv2.BORDER_REFLECT
        moved = cv2.warpAffine(still.picture, matrix, (width, height), borderMode=border)
        mask = cv2.warpAffine(
            still.mask.astype(np.uint8),
            matrix,
            (width, height),
            flags=cv2.INTER_NEAREST,
            borderMode=border,
        )
        noisy = moved * (1.0 + random.normal(0.0, LIGHT)) + random.normal(0.0, NOISE, moved.shape)
        coded = cv2.imencode(
            ".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        )[1]
        yield Still(still.kind, np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)), mask > 0)


def found_in(segmenter: Segmenter, frame: np.ndarray) -> np.ndarray:
    """Return which pixels a segmenter finds to be hand, bool (height, width)."""
    return segmenter.segment(frame).mask() > 0


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Return the intersection over union of two masks, of which one is not empty."""
    return float(np.count_nonzero(one & other) / np.count_nonzero(one | other))


def measure(segmenter: Segmenter, chosen: list[Still]) -> dict[tuple[str, str, bool], Figures]:
    """Return the figures by kind of picture, motion, and whether frames are smoothed."""
    ious: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    neighbours: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    random = np.random.default_rng(0)
    for still in tqdm(chosen, desc="pictures", unit="picture"):
        for motion, step in STEPS.items():
            frames = list(video(still, step, random))
            for is_smooth in (False, True):
                key = still.kind, motion, is_smooth
                taking = segmenter.for_sequence() if is_smooth else segmenter
                masks = [found_in(taking, frame.picture) for frame in frames]
                ious[key] += [
                    iou(mask, frame.mask)
                    for mask, frame in zip(masks, frames, strict=True)
                    if frame.mask.any()
                ]
                neighbours[key] += [
                    iou(*pair) for pair in pairwise(masks) if any(map(np.any, pair))
                ]
    return {key: Figures.of(ious[key], neighbours[key]) for key in ious}


def cost(segmenter: Segmenter, frame: np.ndarray) -> float:
    """Return the milliseconds that smoothing adds to a frame, of 60 in turns."""
    kinds = segmenter, segmenter.for_sequence()
    taken = [[each.segment(frame).timings.decoding for each in kinds] for _ in range(60)]
    plain, smooth = map(statistics.median, zip(*taken, strict=True))
    return 1e3 * (smooth - plain)


def main() -> None:
    """Print the table of docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("held", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    segmenter = Segmenter.load()
    chosen = list(stills(arguments.data, arguments.held))
    figures = measure(segmenter, chosen)
    print("| pictures | camera | flicker | smoothed | IoU | smoothed |\n|---|---|---|---|---|---|")
    for kind, motion in dict.fromkeys((kind, motion) for kind, motion, _ in figures):
        plain, smooth = (figures[kind, motion, is_smooth] for is_smooth in (False, True))
        print(
            f"| {kind} | {motion} | {plain.flicker:.3f} | {smooth.flicker:.3f} "
            f"| {plain.iou:.3f} | {smooth.iou:.3f} |"
        )
    print(f"A frame takes {cost(segmenter, chosen[0].picture):.2f} ms more.")


if __name__ == "__main__":
    main()
