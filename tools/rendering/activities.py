"""What the arms do: goals for both palms of a person, to be reached by the pose solver.

The body's frame: metres, x to the person's left, y to the back, z up. A goal is given relative
to an anchor, the chest (middle of the shoulders' height, front of the spine) or the head.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rendering import gestures

Vector = NDArray[np.float64]

FORWARD: Vector = np.array([0.0, -1.0, 0.0])
UP: Vector = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class PalmGoal:
    """Where one palm should be.

    anchor: ``chest`` or ``head``; offset: [3] metres from the anchor to the palm's middle;
    fingers: [3] unit vector from wrist to knuckles; palm: [3] unit vector out of the palm;
    aim: weight of the two directions against the position; gesture: name in ``GESTURES``.
    """

    anchor: str
    offset: Vector
    fingers: Vector
    palm: Vector
    aim: float
    gesture: str


class Activity(Protocol):
    """Draws goals for the left and the right palm."""

    def __call__(self, rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]: ...


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length


def _near(direction: Vector, spread: float, rng: np.random.Generator) -> Vector:
    """A unit vector scattered around ``direction``; spread is the sine of the typical angle."""
    return _unit(direction + rng.normal(0.0, spread, 3))


def _pick(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]


def _heading(outward: float, yaw: float) -> Vector:
    """Forward, turned by ``yaw`` radians towards the body's middle for the side ``outward``."""
    return np.array([-outward * np.sin(yaw), -np.cos(yaw), 0.0])


def _on_table(outward: float, height: float, rng: np.random.Generator) -> PalmGoal:
    offset = np.array([outward * rng.uniform(-0.02, 0.3), -rng.uniform(0.2, 0.5), height])
    fingers = _near(_heading(outward, rng.uniform(-0.3, 1.1)), 0.12, rng)
    inward = np.array([-outward, 0.0, 0.0])
    palms = (-UP, -UP, -UP, inward, _unit(inward - UP), UP)
    palm = _near(palms[int(rng.integers(len(palms)))], 0.15, rng)
    return PalmGoal("chest", offset, fingers, palm, 1.0, _pick(rng, tuple(gestures.GESTURES)))


def table(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """Both hands on or just above a table."""
    height = rng.uniform(-0.4, -0.15)
    left = _on_table(1.0, height + rng.uniform(0, 0.08), rng)
    right = _on_table(-1.0, height + rng.uniform(0, 0.08), rng)
    return left, right


def cross(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """Arms crossing over a table: each hand on the other's side."""
    height = rng.uniform(-0.4, -0.1)
    goals = []
    for outward in (1.0, -1.0):
        goal = _on_table(outward, height, rng)
        reach = 0.3 + 0.06 * outward * rng.choice((-1, 1)) + rng.uniform(-0.05, 0.05)
        offset = np.array([-outward * rng.uniform(0.03, 0.16), -reach, height])
        offset[2] += 0.05 if outward > 0 else 0.0
        turned = _near(_heading(outward, rng.uniform(0.5, 1.2)), 0.1, rng)
        goals.append(PalmGoal("chest", offset, turned, goal.palm, 0.6, goal.gesture))
    return goals[0], goals[1]


def manipulate(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """Both hands at one thing before the body."""
    middle = np.array(
        [rng.uniform(-0.12, 0.12), -rng.uniform(0.24, 0.42), rng.uniform(-0.38, 0.02)]
    )
    goals = []
    for outward in (1.0, -1.0):
        apart = np.array([outward * rng.uniform(0.035, 0.12), *rng.normal(0, 0.03, 2)])
        offset = middle + apart
        fingers = _near(
            _heading(outward, rng.uniform(0.1, 1.0)) + rng.normal(0, 0.3) * UP, 0.1, rng
        )
        palm = _near(np.array([-outward, 0.0, rng.uniform(-1.0, 0.6)]), 0.2, rng)
        goals.append(PalmGoal("chest", offset, fingers, palm, 0.7, _pick(rng, gestures.GRIPPING)))
    return goals[0], goals[1]


def clasp(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """Hands touching: palm on palm, or one over the other."""
    middle = np.array([rng.uniform(-0.1, 0.1), -rng.uniform(0.25, 0.4), rng.uniform(-0.38, 0.05)])
    axis = _near(np.array([1.0, 0.0, rng.uniform(-1.0, 1.0)]), 0.2, rng)
    gap = rng.uniform(0.02, 0.045)
    goals = []
    for outward in (1.0, -1.0):
        offset = middle + axis * outward * gap + rng.normal(0, 0.015, 3)
        fingers = _near(
            _heading(outward, rng.uniform(0.2, 0.9)) + rng.uniform(0, 0.8) * UP, 0.1, rng
        )
        gesture = _pick(rng, ("flat", "relaxed", "curled", "spread"))
        goals.append(PalmGoal("chest", offset, fingers, -axis * outward, 0.7, gesture))
    return goals[0], goals[1]


def _before_face(outward: float, rng: np.random.Generator) -> PalmGoal:
    offset = np.array(
        [outward * rng.uniform(-0.06, 0.14), -rng.uniform(0.12, 0.28), rng.uniform(-0.12, 0.1)]
    )
    fingers = _near(UP + np.array([-outward, 0.0, 0.0]) * rng.uniform(-0.2, 1.2), 0.2, rng)
    palm = _near(FORWARD * rng.choice((-1.0, 1.0)), 0.3, rng)
    return PalmGoal("head", offset, fingers, palm, 0.6, _pick(rng, tuple(gestures.GESTURES)))


def _at_face(outward: float, rng: np.random.Generator) -> PalmGoal:
    """A palm at chin, cheek, mouth, temple or forehead, seldom turned outwards."""
    offset = np.array(
        [outward * rng.uniform(-0.03, 0.1), -rng.uniform(0.11, 0.17), rng.uniform(-0.12, 0.1)]
    )
    fingers = _near(UP + np.array([-outward, 0.0, 0.0]) * rng.uniform(-0.1, 1.2), 0.2, rng)
    towards = -FORWARD * (1.0 if rng.random() < 0.8 else -1.0)
    palm = _near(towards + np.array([-outward, 0.0, 0.0]) * rng.uniform(0.0, 0.8), 0.2, rng)
    gesture = _pick(rng, ("relaxed", "curled", "fist", "flat", "point", "spread", "pinch", "any"))
    return PalmGoal("head", offset, fingers, palm, 0.7, gesture)


def _raised(outward: float, rng: np.random.Generator) -> PalmGoal:
    offset = np.array(
        [outward * rng.uniform(0.1, 0.4), -rng.uniform(0.1, 0.4), rng.uniform(-0.3, 0.12)]
    )
    fingers = _near(UP, 0.3, rng)
    palm = _near(FORWARD * rng.choice((1.0, 1.0, -1.0)), 0.35, rng)
    return PalmGoal("head", offset, fingers, palm, 0.7, _pick(rng, tuple(gestures.GESTURES)))


def _shown(outward: float, rng: np.random.Generator) -> PalmGoal:
    offset = np.array(
        [outward * rng.uniform(-0.02, 0.3), -rng.uniform(0.28, 0.58), rng.uniform(-0.25, 0.2)]
    )
    fingers = _near(_unit(UP * rng.uniform(-0.4, 1.0) + _heading(outward, 0.4)), 0.4, rng)
    palm = _unit(rng.normal(0, 1, 3))
    return PalmGoal("chest", offset, fingers, palm, 0.4, _pick(rng, tuple(gestures.GESTURES)))


def _hanging(outward: float, rng: np.random.Generator) -> PalmGoal:
    offset = np.array([outward * rng.uniform(0.24, 0.34), rng.uniform(-0.12, 0.05), -0.62])
    palm = _near(np.array([-outward, 0.0, 0.0]), 0.2, rng)
    return PalmGoal("chest", offset, _near(-UP, 0.15, rng), palm, 0.4, "relaxed")


def _behind(outward: float, rng: np.random.Generator) -> PalmGoal:
    offset = np.array([outward * rng.uniform(0.0, 0.12), rng.uniform(0.12, 0.2), -0.42])
    palm = np.array([0.0, 1.0, 0.0])
    return PalmGoal("chest", offset, np.array([-outward, 0.0, -0.4]), palm, 0.1, "relaxed")


def _one_and_other(one: PalmGoal, other: PalmGoal, left_first: bool) -> tuple[PalmGoal, PalmGoal]:
    return (one, other) if left_first else (other, one)


def reach(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """One hand far ahead, the other on the table."""
    first = bool(rng.random() < 0.5)
    outward = 1.0 if first else -1.0
    height = rng.uniform(-0.35, 0.05)
    far = _on_table(outward, height, rng)
    offset = np.array([outward * rng.uniform(-0.1, 0.25), -rng.uniform(0.45, 0.62), height])
    goal = PalmGoal("chest", offset, far.fingers, far.palm, 0.7, far.gesture)
    return _one_and_other(goal, _on_table(-outward, -0.3, rng), first)


def face(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """One hand before the face, the other there too, raised, on a table or hanging."""
    first = bool(rng.random() < 0.5)
    outward = 1.0 if first else -1.0
    others = (_before_face, _raised, _shown, _hanging)
    other = others[int(rng.integers(len(others)))](-outward, rng)
    return _one_and_other(_before_face(outward, rng), other, first)


def chin(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """One hand at the face, the other there too, before it, on a table or hanging."""
    first = bool(rng.random() < 0.5)
    outward = 1.0 if first else -1.0
    others = (_at_face, _before_face, _shown, _hanging)
    other = others[int(rng.choice(4, p=[0.35, 0.15, 0.3, 0.2]))](-outward, rng)
    return _one_and_other(_at_face(outward, rng), other, first)


def wave(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """One raised hand, the other raised, shown or hanging."""
    first = bool(rng.random() < 0.5)
    outward = 1.0 if first else -1.0
    others = (_raised, _shown, _hanging)
    other = others[int(rng.integers(len(others)))](-outward, rng)
    return _one_and_other(_raised(outward, rng), other, first)


def show(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """Both hands held out, turned any way."""
    return _shown(1.0, rng), _shown(-1.0, rng)


def hang(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """Arms hanging at the sides."""
    return _hanging(1.0, rng), _hanging(-1.0, rng)


def behind(rng: np.random.Generator) -> tuple[PalmGoal, PalmGoal]:
    """Hands behind the back."""
    return _behind(1.0, rng), _behind(-1.0, rng)


ACTIVITIES: dict[str, Activity] = {
    "table": table,
    "cross": cross,
    "manipulate": manipulate,
    "clasp": clasp,
    "reach": reach,
    "face": face,
    "chin": chin,
    "wave": wave,
    "show": show,
    "hang": hang,
    "behind": behind,
}

WEIGHTS: dict[str, float] = {
    "table": 0.19,
    "cross": 0.08,
    "manipulate": 0.12,
    "clasp": 0.1,
    "reach": 0.1,
    "face": 0.11,
    "chin": 0.1,
    "wave": 0.05,
    "show": 0.08,
    "hang": 0.04,
    "behind": 0.03,
}
