"""Renders the repository's own RGB-D scene: two hands at known distances (``bpy``).

usage: PYTHONPATH=tools python -m rendering.rgbd --motion motion.npz --out assets/rgbd_scene

The person at the desk (``desk``) moves both hands while the camera goes back from them, 0.3 to 1.5
metres. OUT/images/NN.jpg is a picture, OUT/depth/NN.png its depth in millimetres, OUT/ids/NN.png
its hands (see ``ids``), OUT/camera.yaml the calibration, as camera_calibration writes it, and
OUT/truth.json tells where the hands are (see ``HandGroundTruth``).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from rendering import cameras, desk, ids, render_passes
from rendering.body import BodyLibrary
from rendering.cameras import Camera
from rendering.scene_spec import SceneConfig
from rendering.scenes import build_scene, quiet

CONFIG = SceneConfig(width=640, height=480, samples=12, denoising="HIGH")
NEAREST, FARTHEST = 0.3, 1.5
FRAMES = 16
# The hands begin near each other, so that both fit in while the camera is near.
FIRST_POSE, POSES_A_FRAME = 35, 2
FOCAL = 30.0
"""Millimetres on a 36 mm wide sensor."""
TOWARDS_CAMERA = (0.05, -0.78, 0.26)
JPEG_QUALITY = 90
SIDES = {ids.left_hand(0): "LEFT", ids.right_hand(0): "RIGHT"}
# From Blender's axes of a camera (x right, y up, z back) to the optical frame's (REP 103).
_OPTICAL = np.array([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class HandGroundTruth:
    """Where a hand is, told by Blender's own rays and not by depth and calibration.

    `id` is its value in the ids; `side` the person's own, LEFT or RIGHT; `pixels` counts what is
    seen of it; `position` is the median along each axis of the surface points that the camera sees,
    one a pixel: metres in the camera's optical frame (x right, y down, z forward).
    """

    id: int
    side: str
    pixels: int
    position: tuple[float, float, float]


def camera_at(library: BodyLibrary, pose: int, distance: float) -> Camera:
    """A camera so many metres from the middle between the palms."""
    middle = library.palm[pose].mean(0).astype(float)
    back = np.array(TOWARDS_CAMERA)
    return Camera(middle + back / np.linalg.norm(back) * distance, middle, 0.0, FOCAL, 0.0)


def in_optical_frame(camera: Camera, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points [..., 3] of the world as the camera's optical frame has them."""
    turned: NDArray[np.float64] = (points - camera.position) @ cameras.rotation(camera) * _OPTICAL
    return turned


def ground_truth_of(hands: NDArray[np.uint8], points: NDArray[np.float64]) -> list[HandGroundTruth]:
    """What is true of each hand in ids [height, width], from its points [height, width, 3]."""
    found = []
    for instance, side in SIDES.items():
        own = points[hands == instance]
        if len(own):
            x, y, z = np.median(own, axis=0).round(5).tolist()
            found.append(HandGroundTruth(instance, side, len(own), (x, y, z)))
    return found


def calibration(config: SceneConfig) -> str:
    """The camera's calibration as YAML. A pixel's position is that of its middle, as ROS counts."""
    focal = FOCAL / cameras.SENSOR_WIDTH * config.width
    x, y = (config.width - 1) / 2, (config.height - 1) / 2
    k = [focal, 0.0, x, 0.0, focal, y, 0.0, 0.0, 1.0]
    return (
        f"image_width: {config.width}\n"
        f"image_height: {config.height}\n"
        "camera_name: rgbd_scene\n"
        f"camera_matrix: {{rows: 3, cols: 3, data: {k}}}\n"
        "distortion_model: plumb_bob\n"
        "distortion_coefficients: {rows: 1, cols: 5, data: [0.0, 0.0, 0.0, 0.0, 0.0]}\n"
    )


def render_frame(
    library: BodyLibrary, number: int, config: SceneConfig, out: Path
) -> list[HandGroundTruth]:
    """Write one frame and return what is true of its hands."""
    distance = NEAREST + (FARTHEST - NEAREST) * number / (FRAMES - 1)
    pose = (FIRST_POSE + POSES_A_FRAME * number) % len(library)
    camera = camera_at(library, pose, distance)
    spec = replace(desk.compose(library, pose, camera), jpeg_quality=JPEG_QUALITY)
    with quiet():
        build_scene(library, spec, config, threads=1)
        hands = render_passes.render_ids(out / "ids" / f"{number:02d}.png")
        points = in_optical_frame(camera, render_passes.render_positions())
        render_passes.render_depth(out / "depth" / f"{number:02d}.png")
        render_passes.render_picture(
            out / "images" / f"{number:02d}.jpg", spec, config, seed=number
        )
    return ground_truth_of(hands, points)


def render_sequence(library: BodyLibrary, config: SceneConfig, out: Path) -> None:
    """Write all frames, the calibration and the ground truth."""
    frames = {}
    for number in tqdm(range(FRAMES), desc="frames", unit="frame"):
        ground_truth = render_frame(library, number, config, out)
        frames[f"{number:02d}"] = [asdict(hand) for hand in ground_truth]
    (out / "camera.yaml").write_text(calibration(config), "utf-8")
    (out / "truth.json").write_text(json.dumps(frames, indent=1) + "\n", "utf-8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--motion", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    render_sequence(BodyLibrary.load(arguments.motion), CONFIG, arguments.out)


if __name__ == "__main__":
    main()
