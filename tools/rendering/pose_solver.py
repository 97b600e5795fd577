"""Finds joint angles that bring a body's palms to their goals, within the joint limits (torch).

The angles are written as ``low + (high - low) * sigmoid(x)`` and x is found by gradient descent,
so no pose can leave its limits, and many bodies are solved in one batch.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rendering.activities import PalmGoal
from rendering.joint_limits import (
    ARM,
    AXES,
    HAND,
    SIDES,
    DegreeOfFreedom,
    bounds,
    mirror_sign,
)

REFERENCE_ARM_LENGTH = 0.52
"""Metres from shoulder to wrist of the body for which the goals' offsets are written."""


@dataclass(frozen=True)
class SolverConfig:
    """iterations and rate of the descent; spacing: metres kept between the two palms' middles;
    tolerance: metres by which a palm may miss its goal; depth: metres by which the arm may sink
    into trunk or head."""

    iterations: int = 120
    rate: float = 0.12
    spacing: float = 0.05
    tolerance: float = 0.07
    depth: float = 0.015


@dataclass(frozen=True)
class Bodies:
    """A batch of body shapes and of the joints that are not solved for.

    phenotypes: name -> [n]; hands: angles [n, 2, len(HAND)], left first;
    fixed: bone name -> rotation [n, 3, 3] (neck, head, spine, legs).
    """

    phenotypes: dict[str, torch.Tensor]
    hands: torch.Tensor
    fixed: dict[str, torch.Tensor]


@dataclass(frozen=True)
class Goals:
    """Goals of a batch as tensors: offset, fingers, palm [n, 2, 3]; head (bool), aim [n, 2]."""

    offset: torch.Tensor
    fingers: torch.Tensor
    palm: torch.Tensor
    head: torch.Tensor
    aim: torch.Tensor

    @staticmethod
    def stack(pairs: Sequence[tuple[PalmGoal, PalmGoal]]) -> Goals:
        """Tensors of many people's (left, right) goals."""

        def field(name: str) -> torch.Tensor:
            values = np.array([[getattr(goal, name) for goal in pair] for pair in pairs])
            return torch.tensor(values, dtype=torch.float32)

        head = torch.tensor([[goal.anchor == "head" for goal in pair] for pair in pairs])
        return Goals(field("offset"), field("fingers"), field("palm"), head, field("aim"))


@dataclass(frozen=True)
class Solution:
    """arms: angles [n, 2, len(ARM)], radians, left first, all with the left side's signs;
    good: which of the n poses reached their goals without sinking into the body."""

    arms: torch.Tensor
    good: NDArray[np.bool_]


@dataclass(frozen=True)
class Skeleton:
    """Bone heads and palms of posed bodies: heads maps a bone's name to [n, 3] metres;
    palm, fingers, normal: [n, 2, 3], left first."""

    heads: dict[str, torch.Tensor]
    palm: torch.Tensor
    fingers: torch.Tensor
    normal: torch.Tensor


def axis_rotation(axis: str, angles: torch.Tensor) -> torch.Tensor:
    """Rotation matrices [n, 3, 3] by ``angles`` [n], radians, about ``x``, ``y`` or ``z``."""
    first = (AXES.index(axis) + 1) % 3
    second = (first + 1) % 3
    cosine, sine = torch.cos(angles), torch.sin(angles)
    entries = [[torch.zeros_like(angles) for _ in AXES] for _ in AXES]
    entries[AXES.index(axis)][AXES.index(axis)] = torch.ones_like(angles)
    entries[first][first] = entries[second][second] = cosine
    entries[second][first] = sine
    entries[first][second] = -sine
    return torch.stack([torch.stack(row, -1) for row in entries], -2)


def bone_rotations(
    angles: torch.Tensor, degrees_of_freedom: tuple[DegreeOfFreedom, ...], side: str
) -> dict[str, torch.Tensor]:
    """Rotations [n, 3, 3] by bone of one side from angles [n, len(freedoms)] (left's signs).

    A bone is twisted (y) first, then bent (x), then swung (z).
    """
    found: dict[str, dict[str, torch.Tensor]] = {}
    for column, freedom in enumerate(degrees_of_freedom):
        sign = mirror_sign(freedom.axis) if side == "R" else 1.0
        rotation = axis_rotation(freedom.axis, sign * angles[:, column])
        found.setdefault(f"{freedom.bone}.{side}", {})[freedom.axis] = rotation
    identity = torch.eye(3).expand(len(angles), 3, 3)
    return {
        bone: turns.get("z", identity) @ turns.get("x", identity) @ turns.get("y", identity)
        for bone, turns in found.items()
    }


class PoseSolver:
    """Poses the bodies of an ``anny`` full-body model so that palms reach their goals."""

    def __init__(self, model: Any, config: SolverConfig) -> None:
        self._model = model
        self._config = config
        self._index = {name: k for k, name in enumerate(model.bone_labels)}
        low, high = bounds(ARM)
        self._low = torch.tensor(low, dtype=torch.float32)
        self._span = torch.tensor(high - low, dtype=torch.float32)

    def solve(self, bodies: Bodies, goals: Goals) -> Solution:
        """Arm angles that bring the palms to their goals as near as the limits allow."""
        rest = self._rest_poses(bodies)
        still = self._still_rotations(bodies)
        count = len(bodies.hands)
        raw = torch.logit(-self._low / self._span).repeat(count, 2, 1).requires_grad_()
        optimiser = torch.optim.Adam([raw], lr=self._config.rate)
        neutral = raw.detach().clone()
        for _ in range(self._config.iterations):
            optimiser.zero_grad()
            skeleton = self._skeleton(rest, still | self._arm_rotations(self._angles(raw)))
            loss = self._loss(skeleton, goals) + 0.004 * ((raw - neutral) ** 2).sum()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            arms = self._angles(raw)
            skeleton = self._skeleton(rest, still | self._arm_rotations(arms))
            good = self._acceptable(skeleton, goals)
        return Solution(arms, good.numpy())

    def pose(self, bodies: Bodies, arms: torch.Tensor) -> tuple[torch.Tensor, Skeleton]:
        """Vertices [n, v, 3] and skeletons of bodies with arm angles [n, 2, len(ARM)]."""
        with torch.no_grad():
            rotations = self._still_rotations(bodies) | self._arm_rotations(arms)
            skeleton = self._skeleton(self._rest_poses(bodies), rotations)
            posed = self._model(
                pose_parameters=self._pose(rotations), phenotype_kwargs=bodies.phenotypes
            )
        return posed["vertices"].float(), skeleton

    def _rest_poses(self, bodies: Bodies) -> torch.Tensor:
        pose = torch.eye(4).repeat(len(bodies.hands), len(self._index), 1, 1)
        with torch.no_grad():
            posed = self._model(pose_parameters=pose, phenotype_kwargs=bodies.phenotypes)
        return posed["rest_bone_poses"].float()

    def _still_rotations(self, bodies: Bodies) -> dict[str, torch.Tensor]:
        rotations = dict(bodies.fixed)
        for column, side in enumerate(SIDES):
            rotations |= bone_rotations(bodies.hands[:, column], HAND, side)
        return rotations

    def _angles(self, raw: torch.Tensor) -> torch.Tensor:
        return self._low + self._span * torch.sigmoid(raw)

    def _arm_rotations(self, angles: torch.Tensor) -> dict[str, torch.Tensor]:
        left, right = (bone_rotations(angles[:, k], ARM, side) for k, side in enumerate(SIDES))
        return left | right

    def _pose(self, rotations: dict[str, torch.Tensor]) -> torch.Tensor:
        count = len(next(iter(rotations.values())))
        rows = [torch.eye(3).expand(count, 3, 3)] * len(self._index)
        for bone, rotation in rotations.items():
            rows[self._index[bone]] = rotation
        pose = torch.zeros(count, len(rows), 4, 4)
        pose[..., 3, 3] = 1.0
        pose[..., :3, :3] = torch.stack(rows, 1)
        return pose

    def _skeleton(self, rest: torch.Tensor, rotations: dict[str, torch.Tensor]) -> Skeleton:
        pose = self._pose(rotations)
        transforms = self._model.get_bone_transforms(pose, rest)[1]
        heads = {name: transforms[:, k, :3, 3] for name, k in self._index.items()}
        palms, fingers, normals = [], [], []
        for sign, side in zip((1.0, -1.0), SIDES, strict=True):
            wrist = heads[f"wrist.{side}"]
            index, middle, little = (heads[f"finger{k}-1.{side}"] - wrist for k in (2, 3, 5))
            palms.append(wrist + 0.6 * middle)
            fingers.append(torch.nn.functional.normalize(middle, dim=-1))
            across = torch.linalg.cross(little, index, dim=-1)
            normals.append(sign * torch.nn.functional.normalize(across, dim=-1))
        return Skeleton(
            heads, torch.stack(palms, 1), torch.stack(fingers, 1), torch.stack(normals, 1)
        )

    def _targets(self, skeleton: Skeleton, goals: Goals) -> torch.Tensor:
        """Palm targets [n, 2, 3]; offsets grow with the arm."""
        heads = skeleton.heads
        chest = (heads["upperarm01.L"] + heads["upperarm01.R"]).detach() / 2
        head = heads["head"].detach()
        anchor = torch.where(goals.head[..., None], head[:, None], chest[:, None])
        upper = (heads["lowerarm01.L"] - heads["upperarm01.L"]).norm(dim=-1)
        lower = (heads["wrist.L"] - heads["lowerarm01.L"]).norm(dim=-1)
        scale = ((upper + lower) / REFERENCE_ARM_LENGTH).detach()
        return anchor + goals.offset * scale[:, None, None]

    def _loss(self, skeleton: Skeleton, goals: Goals) -> torch.Tensor:
        miss = (skeleton.palm - self._targets(skeleton, goals)).norm(dim=-1)
        rotation = (1 - (skeleton.fingers * goals.fingers).sum(-1)) + (
            1 - (skeleton.normal * goals.palm).sum(-1)
        )
        overlap = (self._overlap(skeleton) / 0.03) ** 2
        return ((miss / 0.03) ** 2 + 2.0 * goals.aim * rotation + overlap.sum(-1)).sum()

    def _overlap(self, skeleton: Skeleton) -> torch.Tensor:
        """Metres by which arm points sink into trunk and head and palms into each other [n, 2, k].

        The trunk is an upright cylinder of elliptical section, the head a ball.
        """
        heads = skeleton.heads
        points = torch.stack(
            [self._arm_points(skeleton, k, side) for k, side in enumerate(SIDES)], 1
        )
        middle = (heads["upperarm01.L"] + heads["upperarm01.R"])[:, None, None] / 2
        across = torch.tensor([1 / 0.17, 1 / 0.13])
        ratio = ((points - middle)[..., :2] * across).norm(dim=-1)
        below = (points[..., 2] < middle[..., 2] + 0.05).float()
        trunk = torch.relu(1 - ratio) * 0.13 * below
        crown = heads["head"][:, None, None] + torch.tensor([0.0, -0.02, 0.08])
        skull = torch.relu(0.14 - (points - crown).norm(dim=-1))
        apart = (skeleton.palm[:, 0] - skeleton.palm[:, 1]).norm(dim=-1)
        palms = torch.relu(self._config.spacing - apart)[:, None, None].expand(-1, 2, 1)
        return torch.cat([trunk, skull, palms], -1)

    def _arm_points(self, skeleton: Skeleton, column: int, side: str) -> torch.Tensor:
        """Points that must stay outside the body [n, 5, 3]: elbow, forearm, wrist, palm, tips."""
        elbow, wrist = skeleton.heads[f"lowerarm01.{side}"], skeleton.heads[f"wrist.{side}"]
        tip = skeleton.heads[f"finger3-3.{side}"]
        return torch.stack([elbow, (elbow + wrist) / 2, wrist, skeleton.palm[:, column], tip], 1)

    def _acceptable(self, skeleton: Skeleton, goals: Goals) -> torch.Tensor:
        miss = (skeleton.palm - self._targets(skeleton, goals)).norm(dim=-1).amax(-1)
        sunk = self._overlap(skeleton).amax((1, 2))
        return (miss < self._config.tolerance) & (sunk < self._config.depth)
