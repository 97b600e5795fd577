"""`make bench-depth`: what depth costs a frame, beside the network that found the hands.

The picture of this repository with two hands, at 640x480, before a wall, as a Kinect would see it:
holes, noise and smeared edges. Each step is called as the node calls it, on one thread. All are
medians, and the steps take turns with the network, so that what else the machine does strikes them
alike; last comes their sum beside the inference of `hands_fast` in the same rounds.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from support.depth_scene import pinhole, structured_light
from tqdm import tqdm

from handseg_ros.datasets.picture_files import read_picture
from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.keep_out import keep_out, without_hands
from handseg_ros.depth.measurement import measure_hands
from handseg_ros.depth.points import points
from handseg_ros.depth.view import View
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.model_store import models_folder
from handseg_ros.segmentation.segmenter import Segmenter

PICTURE = Path(__file__).resolve().parents[1] / "assets" / "rendered_hands.png"
SIZE = (640, 480)
MODEL = "hands_fast"
HANDS = 2
ROUNDS = 200
# Metres.
MIN_DEPTH, WALL = 0.5, 1.5
KEEP_OUT = 0.04
KEEP_OUT_PIXELS = 40.0
VOXEL = 0.005
ENCODINGS = ("16UC1", "32FC1")
# What the node does with all its depth outputs listened to.
SUMMED = ("measure_hands", "keep_out", "points", "without_hands")

Steps = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Scene:
    """A frame, uint8 (h, w, 3), BGR, the hands in it, and what a depth camera sees of it."""

    frame: np.ndarray
    segmentation: Segmentation
    raw: np.ndarray

    @classmethod
    def of(cls, segmenter: Segmenter) -> Scene:
        """Find the picture's hands and put them before a wall; raises SystemExit without two."""
        frame = cv2.resize(read_picture(PICTURE), SIZE)
        segmentation = segmenter.segment(frame)
        if len(segmentation.hands) != HANDS:
            raise SystemExit(f"bench-depth: {MODEL} finds {len(segmentation.hands)} hands, not two")
        depth = np.full(frame.shape[:2], WALL)
        for number, hand in enumerate(segmentation.hands):
            depth[hand.box.slices][hand.mask > 0] = MIN_DEPTH + 0.2 * number
        return cls(frame, segmentation, structured_light(depth, np.random.default_rng(1)))

    def view(self, encoding: str) -> View:
        """Return the depth image in one of `ENCODINGS`, with its camera."""
        metres = np.where(self.raw > 0, self.raw / np.float32(1000), np.float32(np.nan))
        picture = self.raw if encoding == "16UC1" else metres
        return View(DepthImage(picture), pinhole(self.raw.shape))

    def steps(self, view: View) -> Steps:
        """Return what the node does with a frame's depth, by name and in its order.

        The first step finds the hands' surfaces, which the others of the frame share.
        """
        hands = self.segmentation
        regions = [(hand.id, hand.box, hand.mask) for hand in hands.hands]
        mask = keep_out(hands, None, 0.0, KEEP_OUT_PIXELS)
        return {
            "measure_hands": lambda: measure_hands(view, hands),
            "keep_out": lambda: keep_out(hands, view, KEEP_OUT, 0),
            "points": lambda: points(view, regions, self.frame, 0.0),
            "points, one each 5 mm": lambda: points(view, regions, self.frame, VOXEL),
            "without_hands": lambda: without_hands(view.depth.picture, mask),
        }


def timed(step: Callable[[], object]) -> float:
    """Return how long a step takes, in seconds."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    segmenter = Segmenter.load(models_folder() / f"{MODEL}.onnx")
    scene = Scene.of(segmenter)
    views = {encoding: scene.view(encoding) for encoding in ENCODINGS}
    inferences: list[float] = []
    times: dict[tuple[str, str], list[float]] = {}
    for _ in tqdm(range(ROUNDS), desc="rounds", unit="round"):
        inferences.append(segmenter.segment(scene.frame).timings.inference)
        for encoding in ENCODINGS:
            view = View(views[encoding].depth, views[encoding].camera)  # a new frame's
            for name, step in scene.steps(view).items():
                times.setdefault((name, encoding), []).append(timed(step))
    report({key: statistics.median(row) for key, row in times.items()}, inferences)


def report(medians: Mapping[tuple[str, str], float], inferences: list[float]) -> None:
    """Print what each step takes, their sum, and that beside the network's inference."""
    inference = statistics.median(inferences)
    sums = {encoding: sum(medians[name, encoding] for name in SUMMED) for encoding in ENCODINGS}
    print(f"| step | {' | '.join(ENCODINGS)} |\n|---|---|---|")
    for name in dict.fromkeys(name for name, _ in medians):
        print(row(name, *(medians[name, encoding] for encoding in ENCODINGS)))
    print(row(f"sum of {', '.join(SUMMED)}", *sums.values()))
    shares = " | ".join(f"{total / inference:.2f}" for total in sums.values())
    print(f"| sum / inference of `{MODEL}` ({1000 * inference:.1f} ms) | {shares} |")


def row(name: str, *seconds: float) -> str:
    """Return one row of the table."""
    return f"| {name} | {' | '.join(f'{1000 * value:.2f} ms' for value in seconds)} |"


if __name__ == "__main__":
    main()
