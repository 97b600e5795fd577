"""What a scene consists of, as plain data; nothing here touches Blender.

World frame: metres, z up; the first person looks along -y.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rendering.cameras import Camera
from rendering.clothing import Outfit
from rendering.skins import SkinPhoto
from rendering.surfaces import Colour, Surface

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class SceneConfig:
    """width, height: pixels; samples: paths a pixel; denoising: ``FAST``, ``BALANCED`` or
    ``HIGH``; hand_free: share of scenes without a hand;
    smallest, largest: a picture's hand pixels, as shares of the picture, for it to be kept as a
    scene with hands; camera_tries: cameras tried for that; views: pictures kept of one scene,
    each of which costs less than the first, as the scene stands already; depth: whether the depth
    is written."""

    width: int = 360
    height: int = 288
    samples: int = 2
    denoising: str = "FAST"
    hand_free: float = 0.33
    smallest: float = 0.0005
    largest: float = 0.6
    camera_tries: int = 8
    views: int = 4
    depth: bool = False


@dataclass(frozen=True)
class PersonSpec:
    """pose: index in the library; rotation [3, 3] and position [3]: body to world; tone: Monk 1 to
    10; albedo, lips, hair: linear RGB; freckles: 0 to 1; outfit and the surfaces of its pieces;
    photo: of whose skin, brought to the albedo, or None for a skin of noise."""

    pose: int
    rotation: Vector
    position: Vector
    tone: int
    albedo: Colour
    hair: Colour
    iris: Colour
    freckles: float
    gloss: float
    outfit: Outfit
    top: Surface
    bottom: Surface
    glove: Surface
    strap: Surface
    seed: int
    photo: SkinPhoto | None = None

    def to_world(self, points: NDArray[np.floating]) -> Vector:
        """World points [n, 3] of body points [n, 3]."""
        moved: Vector = points @ self.rotation.T + self.position
        return moved


@dataclass(frozen=True)
class PropSpec:
    """shape: ``box``, ``cylinder``, ``ball`` or ``mug``; size [3]: metres; rotation [3, 3]
    and position [3] as for people."""

    shape: str
    size: Vector
    rotation: Vector
    position: Vector
    surface: Surface


@dataclass(frozen=True)
class LightSpec:
    """kind: ``AREA``, ``POINT`` or ``SUN``; power: watts, for the sun W/m2; size: metres, for the
    sun radians; position, target: [3]; colour: linear RGB."""

    kind: str
    power: float
    size: float
    position: Vector
    target: Vector
    colour: Colour


@dataclass(frozen=True)
class RoomSpec:
    """table: its top, as a prop, or None; floor: height in metres; wall: metres from the camera's
    target to the wall behind it, 0 for none; sky, ambient: the world's light and its strength;
    panorama: file for the world, else empty."""

    table: PropSpec | None
    floor: float
    floor_surface: Surface
    wall: float
    wall_surface: Surface
    sky: Colour
    ambient: float
    panorama: str


@dataclass(frozen=True)
class SceneSpec:
    """Everything in a scene. cameras: tried in this order until enough show what they should."""

    hand_free: bool
    people: tuple[PersonSpec, ...]
    props: tuple[PropSpec, ...]
    room: RoomSpec
    lights: tuple[LightSpec, ...]
    cameras: tuple[Camera, ...]
    exposure: float
    view_transform: str
    jpeg_quality: int


@dataclass(frozen=True)
class ImageAssets:
    """Files that tables and walls may show, panoramas all around, and skins; may be empty."""

    tables: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    panoramas: tuple[str, ...] = ()
    skins: tuple[SkinPhoto, ...] = ()


def yaw_matrix(angle: float) -> Vector:
    """Rotation [3, 3] about z by ``angle`` radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
