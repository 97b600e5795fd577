"""Makes a library of posed bodies (torch and ``anny``).

usage: PYTHONPATH=tools python -m rendering.poses --seed 1 --count 400 --out poses.npz
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anny
import numpy as np
import torch
from anny.paths import get_anny_root_dir
from numpy.typing import NDArray
from tqdm import tqdm

from rendering import gestures
from rendering.activities import ACTIVITIES, WEIGHTS
from rendering.anatomy import describe_surface
from rendering.body import LANDMARKS, BodyLibrary
from rendering.pose_solver import (
    Bodies,
    Goals,
    PoseSolver,
    Skeleton,
    SolverConfig,
    axis_rotation,
)

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class PoseConfig:
    """seed, count of poses; batch: bodies solved together; seated: share of sitting people."""

    seed: int
    count: int
    batch: int = 32
    seated: float = 0.6
    solver: SolverConfig = field(default_factory=SolverConfig)


@dataclass(frozen=True)
class _Posed:
    """Accepted poses of a batch, in the fields of ``BodyLibrary``."""

    vertices: FloatArray
    activity: NDArray[np.str_]
    seated: NDArray[np.bool_]
    landmarks: FloatArray
    palm: FloatArray
    fingers: FloatArray
    normal: FloatArray


def load_body_model() -> Any:
    """The full-body model with its finger and face bones, 13,718 vertices."""
    return anny.create_fullbody_model(remove_unattached_vertices=True)


def sample_phenotypes(count: int, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """Body shapes [count] by name: mostly adults, some children and old people."""
    ranges = {
        "gender": (0.0, 1.0),
        "muscle": (0.25, 0.85),
        "weight": (0.25, 0.85),
        "height": (0.3, 0.75),
        "proportions": (0.3, 0.8),
    }
    shapes = {name: rng.uniform(low, high, count) for name, (low, high) in ranges.items()}
    shapes["age"] = np.where(
        rng.random(count) < 0.12, rng.uniform(0.33, 0.5, count), rng.uniform(0.55, 1.0, count)
    )
    return {name: torch.tensor(values, dtype=torch.float32) for name, values in shapes.items()}


def _turns(
    axis: str, low: float, high: float, count: int, rng: np.random.Generator
) -> torch.Tensor:
    return axis_rotation(axis, torch.tensor(rng.uniform(low, high, count), dtype=torch.float32))


def sample_stance(seated: NDArray[np.bool_], rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """Rotations [n, 3, 3] of head, neck, spine and legs; seated people's hips and knees bend."""
    count = len(seated)
    chosen = torch.tensor(seated, dtype=torch.float32)
    stance = {
        "head": _turns("x", -0.15, 0.3, count, rng) @ _turns("y", -0.35, 0.35, count, rng),
        "neck01": _turns("x", -0.1, 0.25, count, rng) @ _turns("z", -0.12, 0.12, count, rng),
        "spine02": _turns("x", -0.05, 0.2, count, rng) @ _turns("z", -0.06, 0.06, count, rng),
        "spine01": _turns("x", -0.05, 0.15, count, rng) @ _turns("y", -0.15, 0.15, count, rng),
    }
    for sign, side in ((1.0, "L"), (-1.0, "R")):
        hip = torch.tensor(rng.uniform(1.15, 1.5, count), dtype=torch.float32) * chosen
        apart = torch.tensor(rng.uniform(-0.05, 0.25, count), dtype=torch.float32) * chosen
        knee = torch.tensor(rng.uniform(1.1, 1.6, count), dtype=torch.float32) * chosen
        stance[f"upperleg01.{side}"] = axis_rotation("z", sign * apart) @ axis_rotation("x", -hip)
        stance[f"lowerleg01.{side}"] = axis_rotation("x", knee)
    return stance


def _sample_batch(
    config: PoseConfig, rng: np.random.Generator
) -> tuple[Bodies, Goals, list[str], NDArray[np.bool_]]:
    names = list(WEIGHTS)
    shares = np.array([WEIGHTS[name] for name in names])
    chosen = [str(name) for name in rng.choice(names, config.batch, p=shares / shares.sum())]
    pairs = [ACTIVITIES[name](rng) for name in chosen]
    hands = np.array([[gestures.sample(goal.gesture, rng) for goal in pair] for pair in pairs])
    seated = (rng.random(config.batch) < config.seated) & ~np.isin(chosen, ("hang", "behind"))
    bodies = Bodies(
        sample_phenotypes(config.batch, rng),
        torch.tensor(hands, dtype=torch.float32),
        sample_stance(seated, rng),
    )
    return bodies, Goals.stack(pairs), chosen, seated


def _keep(
    vertices: torch.Tensor,
    skeleton: Skeleton,
    good: NDArray[np.bool_],
    activity: list[str],
    seated: NDArray[np.bool_],
) -> _Posed:
    landmarks = torch.stack([skeleton.heads[name] for name in LANDMARKS], 1)
    tensors = (vertices, landmarks, skeleton.palm, skeleton.fingers, skeleton.normal)
    kept = [tensor.numpy()[good].astype(np.float32) for tensor in tensors]
    return _Posed(kept[0], np.array(activity)[good], seated[good], *kept[1:])


def make_library(config: PoseConfig) -> BodyLibrary:
    """Pose ``config.count`` bodies; the same configuration gives the same library."""
    rng = np.random.default_rng(config.seed)
    model = load_body_model()
    solver = PoseSolver(model, config.solver)
    batches: list[_Posed] = []
    with tqdm(total=config.count, desc="poses", unit="pose") as bar:
        while sum(len(batch.vertices) for batch in batches) < config.count:
            bodies, goals, activity, seated = _sample_batch(config, rng)
            solution = solver.solve(bodies, goals)
            vertices, skeleton = solver.pose(bodies, solution.arms)
            batches.append(_keep(vertices, skeleton, solution.good, activity, seated))
            bar.update(int(solution.good.sum()))
    joined = {
        name: np.concatenate([getattr(batch, name) for batch in batches])[: config.count]
        for name in _Posed.__dataclass_fields__
    }
    return BodyLibrary(**joined, **describe_surface(model, Path(get_anny_root_dir())))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    make_library(PoseConfig(arguments.seed, arguments.count)).save(arguments.out)


if __name__ == "__main__":
    main()
