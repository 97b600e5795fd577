"""The file of posed bodies that the posing program writes and the rendering program reads."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handseg_ros.segmentation.errors import MediaError


class Part(enum.IntEnum):
    """What a face of the body's surface belongs to."""

    TRUNK = 0
    HEAD = 1
    ARM = 2
    LEFT_HAND = 3
    RIGHT_HAND = 4
    LEG = 5
    FOOT = 6
    EYE = 7
    MOUTH = 8


class Detail(enum.IntEnum):
    """Patches of a face's colour."""

    PLAIN = 0
    NAIL = 1
    LIPS = 2
    EAR = 3


LANDMARKS = (
    "head",
    "eye.L",
    "eye.R",
    "neck01",
    "spine01",
    "spine05",
    "upperarm01.L",
    "upperarm01.R",
    "lowerarm01.L",
    "lowerarm01.R",
    "wrist.L",
    "wrist.R",
    "upperleg01.L",
    "upperleg01.R",
    "lowerleg01.L",
    "lowerleg01.R",
)


@dataclass(frozen=True)
class BodyLibrary:
    """Posed bodies of one mesh. n poses, v vertices, f faces; metres, x to the person's left,
    y to the back, z up.

    vertices: float32 [n, v, 3]; faces: int32 [f, 4]; uv: float32 [f, 4, 2], texture coordinates
    of each face's corners in MakeHuman's layout, from the lower left; rest: float32 [v, 3], one
    average body unposed, for what is decided once for all; part, detail: uint8 [f] (``Part``,
    ``Detail``);
    limb: float32 [v], 0 to 1 from shoulder to elbow (hip to knee), 1 to 2 from there to the
    wrist (ankle), -1 elsewhere; activity: str [n]; seated: bool [n];
    landmarks: float32 [n, len(LANDMARKS), 3]; palm, fingers, normal: float32 [n, 2, 3], the
    palms' middles and directions, left first.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    uv: NDArray[np.float32]
    rest: NDArray[np.float32]
    part: NDArray[np.uint8]
    detail: NDArray[np.uint8]
    limb: NDArray[np.float32]
    activity: NDArray[np.str_]
    seated: NDArray[np.bool_]
    landmarks: NDArray[np.float32]
    palm: NDArray[np.float32]
    fingers: NDArray[np.float32]
    normal: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.vertices)

    def save(self, path: Path) -> None:
        """Write the library as an .npz file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **{field.name: getattr(self, field.name) for field in fields(self)})

    @staticmethod
    def load(path: Path) -> BodyLibrary:
        """Read a library. Raises MediaError when the file is missing or is no library."""
        try:
            with np.load(path) as data:
                return BodyLibrary(
                    **{field.name: data[field.name] for field in fields(BodyLibrary)}
                )
        except (OSError, KeyError, ValueError) as error:
            raise MediaError(
                f"cannot read the posed bodies in '{path}' ({error}): "
                "make them with PYTHONPATH=tools python -m rendering.poses"
            ) from error

    def landmark(self, pose: int, name: str) -> NDArray[np.float32]:
        """Position [3] of a landmark in one pose."""
        return self.landmarks[pose, LANDMARKS.index(name)]
