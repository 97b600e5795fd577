"""Clothes as shells around the body: which vertices they cover and how far they stand off."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.body import BodyLibrary, Part


@dataclass(frozen=True)
class Outfit:
    """sleeve: how far down the arm the sleeve goes, 0 shoulder, 1 elbow, 2 wrist; trouser: the
    same for the legs; looseness: metres the cloth stands off; folds: depth of its folds in
    metres; hair: metres of hair, 0 for none; beard: metres of beard, 0 for none; glove: metres
    of the glove's thickness, 0 for bare hands; cuff: how far up the forearm the glove goes;
    strap: width of a watch strap or bracelet in shares of the forearm, 0 for none."""

    sleeve: float
    trouser: float
    looseness: float
    folds: float
    hair: float
    beard: float
    glove: float
    cuff: float
    strap: float


@dataclass(frozen=True)
class Shell:
    """A piece of surface: vertices float32 [v, 3], faces int32 [f, 4], source int32 [f], the
    body faces it was lifted from."""

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    source: NDArray[np.int32]


def sample_outfit(rng: np.random.Generator) -> Outfit:
    """Bare arms, short, half, rolled-up or long sleeves, and the rest, about as people wear."""
    sleeve = rng.choice(
        [0.0, rng.uniform(0.3, 0.8), rng.uniform(0.9, 1.5), rng.uniform(1.75, 2.03)],
        p=[0.15, 0.3, 0.15, 0.4],
    )
    return Outfit(
        sleeve=float(sleeve),
        trouser=float(rng.choice([rng.uniform(0.3, 0.9), 2.0], p=[0.4, 0.6])),
        looseness=float(rng.uniform(0.008, 0.026)),
        folds=float(rng.uniform(0.003, 0.014)),
        hair=float(rng.choice([0.0, rng.uniform(0.006, 0.04)], p=[0.12, 0.88])),
        beard=float(rng.choice([0.0, rng.uniform(0.003, 0.012)], p=[0.8, 0.2])),
        glove=float(rng.choice([0.0, rng.uniform(0.0008, 0.004)], p=[0.9, 0.1])),
        cuff=float(rng.uniform(1.6, 1.97)),
        strap=float(rng.choice([0.0, rng.uniform(0.03, 0.12)], p=[0.8, 0.2])),
    )


def face_limb(library: BodyLibrary) -> NDArray[np.float32]:
    """Mean limb progress of each face [f]."""
    mean: NDArray[np.float32] = library.limb[library.faces].mean(1)
    return mean


def top_faces(library: BodyLibrary, outfit: Outfit) -> NDArray[np.bool_]:
    """Faces [f] under shirt or jumper."""
    limb = face_limb(library)
    arm = (library.part == Part.ARM) & (limb < outfit.sleeve)
    height = library.rest[library.faces].mean(1)[:, 2]
    waist = float(library.rest[:, 2].max()) - 0.9
    trunk = (library.part == Part.TRUNK) & (height > waist)
    return arm | trunk


def bottom_faces(library: BodyLibrary, outfit: Outfit) -> NDArray[np.bool_]:
    """Faces [f] under trousers or shorts."""
    limb = face_limb(library)
    height = library.rest[library.faces].mean(1)[:, 2]
    waist = float(library.rest[:, 2].max()) - 0.88
    legs = (library.part == Part.LEG) & (limb < outfit.trouser)
    return legs | ((library.part == Part.TRUNK) & (height <= waist))


def hair_faces(library: BodyLibrary) -> NDArray[np.bool_]:
    """Faces [f] of the scalp: the head above a plane that rises from neck to forehead."""
    middle = library.rest[library.faces].mean(1)
    head = library.part == Part.HEAD
    top, front = float(middle[head, 2].max()), float(middle[head, 1].min())
    back = float(middle[head, 1].max())
    share = (middle[:, 1] - front) / (back - front)
    line = top - 0.035 - 0.19 * np.clip((share - 0.12) / 0.75, 0, 1) ** 0.8
    ears = library.detail == 3
    scalp: NDArray[np.bool_] = head & (middle[:, 2] > line) & ~ears
    return scalp


def beard_faces(library: BodyLibrary) -> NDArray[np.bool_]:
    """Faces [f] of cheeks and chin."""
    middle = library.rest[library.faces].mean(1)
    head = library.part == Part.HEAD
    top, front = float(middle[head, 2].max()), float(middle[head, 1].min())
    low = (middle[:, 2] < top - 0.155) & (middle[:, 2] > top - 0.25)
    chin: NDArray[np.bool_] = (
        head & low & (middle[:, 1] < front + 0.11) & (library.detail != 2) & (library.detail != 3)
    )
    return chin


def glove_faces(library: BodyLibrary, outfit: Outfit) -> NDArray[np.bool_]:
    """Faces [f] under gloves: the hands and the cuff over the end of the forearm."""
    limb = face_limb(library)
    hand = np.isin(library.part, (Part.LEFT_HAND, Part.RIGHT_HAND))
    return hand | ((library.part == Part.ARM) & (limb > outfit.cuff))


def strap_faces(library: BodyLibrary, outfit: Outfit) -> NDArray[np.bool_]:
    """Faces [f] under a strap around the left forearm, just above the wrist."""
    limb = face_limb(library)
    left = library.rest[library.faces].mean(1)[:, 0] > 0
    band = (limb < 1.93) & (limb > 1.93 - outfit.strap)
    return (library.part == Part.ARM) & left & band


def brow_faces(library: BodyLibrary) -> NDArray[np.bool_]:
    """Faces [f] of the eyebrows: a strip over each eye."""
    middle = library.rest[library.faces].mean(1)
    eyes = middle[library.part == Part.EYE]
    height = middle[:, 2] - eyes[:, 2].mean()
    outward = np.abs(middle[:, 0]) / np.abs(eyes[:, 0]).mean()
    strip = (height > 0.018) & (height < 0.0235) & (outward > 0.45) & (outward < 1.55)
    brow: NDArray[np.bool_] = (
        strip & (library.part == Part.HEAD) & (middle[:, 1] < eyes[:, 1].mean() + 0.015)
    )
    return brow


def well_inside(covered: NDArray[np.bool_], faces: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Covered faces [f] that are at least three faces away from the uncovered ones."""
    inner = covered.copy()
    for _ in range(3):
        edge = np.zeros(int(faces.max()) + 1, bool)
        edge[faces[~inner].ravel()] = True
        inner &= ~edge[faces].any(1)
    return inner


def vertex_normals(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    """Unit normals [v, 3] of a mesh of quads, area-weighted."""
    corners = vertices[faces]
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    total = np.zeros_like(vertices)
    for corner in range(4):
        np.add.at(total, faces[:, corner], normal)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def ripples(
    points: NDArray[np.float32], wavelength: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Smooth values [v] of about -1 to 1: a few plane waves of random direction and phase."""
    total = np.zeros(len(points))
    for _ in range(6):
        direction = rng.normal(0, 1, 3)
        direction *= 2 * np.pi / (np.linalg.norm(direction) * wavelength * rng.uniform(0.6, 1.8))
        total += np.sin(points @ direction + rng.uniform(0, 2 * np.pi))
    scaled: NDArray[np.float32] = (total / 3.0).astype(np.float32)
    return scaled


def lift(
    vertices: NDArray[np.float32],
    faces: NDArray[np.int32],
    covered: NDArray[np.bool_],
    distance: NDArray[np.float32],
) -> Shell:
    """The covered faces, moved outwards by ``distance`` [v] metres along the normals."""
    raised = vertices + vertex_normals(vertices, faces) * distance[:, None]
    source = np.flatnonzero(covered).astype(np.int32)
    used, inverse = np.unique(faces[source], return_inverse=True)
    return Shell(raised[used], inverse.reshape(-1, 4).astype(np.int32), source)
