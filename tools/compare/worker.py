"""Runs one method over pictures, in a process of its own: `python -m compare.worker --help`.

Writes OUT/METHOD/SET/NAME.png for each picture of PICTURES/SET, 255 where a hand was found, and
OUT/METHOD.json with time and memory (see `Cost`). Needs NumPy, OpenCV and what the method needs.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from compare.methods import METHODS, Method, Segment

WARM_UP = 3


@dataclass(frozen=True)
class Cost:
    """What a frame takes: milliseconds of the processor, all threads together, the median and the
    fastest; `peak_mib`: the most memory that the process has held by
    then, libraries and all."""

    median_ms: float
    fastest_ms: float
    peak_mib: float


def measured(segment: Segment, frame: np.ndarray, repeats: int) -> tuple[float, float]:
    """Return the median and the least processor's time of a frame, in milliseconds."""
    for _ in range(WARM_UP):
        segment(frame)
    times = []
    for _ in range(repeats):
        begun = time.process_time()
        segment(frame)
        times.append(1000 * (time.process_time() - begun))
    return statistics.median(times), min(times)


def run(name: str, method: Method, pictures: Path, frame: Path, out: Path, repeats: int) -> Cost:
    """Measure a method on the frame, and write its masks of all pictures if they mean anything."""
    segment = method.make(out)
    median, fastest = measured(segment, read(frame), repeats)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if method.is_scored:
        for file in sorted(pictures.rglob("*.png")):
            target = out / name / file.relative_to(pictures)
            target.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(target), segment(read(file)).astype(np.uint8) * 255)
    return Cost(round(median, 2), round(fastest, 2), round(peak, 1))


def read(file: Path) -> np.ndarray:
    """Return a picture, uint8 (H, W, 3), BGR; raises OSError when it is none."""
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise OSError(f"{file} is no picture")
    return image


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=sorted(METHODS))
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--frame", type=Path, required=True, help="the picture to measure with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    method = METHODS[options.method]
    cost = run(
        options.method, method, options.pictures, options.frame, options.out, options.repeats
    )
    (options.out / f"{options.method}.json").write_text(json.dumps(asdict(cost)), "utf-8")


if __name__ == "__main__":
    main()
