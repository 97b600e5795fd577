"""Renders the repository's own clip and picture of moving hands (``bpy``).

usage: PYTHONPATH=tools python -m rendering.showcase --motion motion.npz \
           [--clip assets/rendered_hands.avi] [--still assets/rendered_hands.png]

The camera is a webcam before a person at a desk (``desk``).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from handseg_ros.media import VideoSink
from handseg_ros.segmentation.errors import MediaError
from rendering import desk, render_passes
from rendering.body import BodyLibrary
from rendering.scene_spec import SceneConfig
from rendering.scenes import build_scene, quiet

RATE = 10.0
CLIP = SceneConfig(width=320, height=240, samples=12, denoising="HIGH")
STILL = SceneConfig(width=640, height=480, samples=48, denoising="HIGH")
STILL_FRAME = 21


def render_frame(library: BodyLibrary, frame: int, config: SceneConfig, path: Path) -> None:
    """Write one frame as PNG."""
    spec = desk.compose(library, frame, desk.webcam(library))
    with quiet():
        build_scene(library, spec, config, threads=1)
        render_passes.render_picture(path, spec, config, seed=frame)


def _read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    if picture is None:
        raise MediaError(f"Blender wrote no picture '{path}': check the space left in its folder")
    return picture


def render_clip(library: BodyLibrary, path: Path) -> None:
    """Write the whole motion as a video."""
    with tempfile.TemporaryDirectory() as folder, VideoSink(path, RATE) as sink:
        for frame in tqdm(range(len(library)), desc="frames", unit="frame"):
            picture = Path(folder) / f"{frame:03d}.png"
            render_frame(library, frame, CLIP, picture)
            sink.write(_read(picture))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--motion", type=Path, required=True)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--still", type=Path)
    arguments = parser.parse_args()
    library = BodyLibrary.load(arguments.motion)
    if arguments.still:
        render_frame(library, STILL_FRAME, STILL, arguments.still)
    if arguments.clip:
        render_clip(library, arguments.clip)


if __name__ == "__main__":
    main()
