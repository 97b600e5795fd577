"""Builds a person in Blender: body, clothes, hair, eyes and gloves, with instance ids (bpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from rendering import clothing, ids, materials, skin_materials
from rendering.body import BodyLibrary, Detail, Part
from rendering.scene_spec import PersonSpec

CLEARANCE = 0.003
"""Metres that cloth keeps off the skin at least, so that skin never pokes through."""


def add_mesh(
    name: str,
    vertices: NDArray[np.floating],
    faces: NDArray[np.int32],
    instance: NDArray[np.float32],
    uv: NDArray[np.float32] | None = None,
) -> Any:
    """A smooth mesh object of quads [f, 4] whose faces carry what the id pass sends out [f].

    uv: texture coordinates of the faces' corners [f, 4, 2].
    """
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(vertices, np.float32).ravel())
    mesh.loops.add(faces.size)
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 4, dtype=np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    attribute = mesh.attributes.new("instance", "FLOAT", "FACE")
    attribute.data.foreach_set("value", instance)
    if uv is not None:
        layer = mesh.uv_layers.new(name="layout")
        layer.data.foreach_set("uv", np.ascontiguousarray(uv, np.float32).ravel())
    mesh.update(calc_edges=True)
    mesh.validate()
    built = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(built)
    return built


class PersonBuilder:
    """Puts one person into the current scene."""

    def __init__(self, library: BodyLibrary, person: PersonSpec, number: int) -> None:
        self._library = library
        self._person = person
        self._rng = np.random.default_rng(person.seed)
        self._vertices = person.to_world(library.vertices[person.pose]).astype(np.float32)
        self._instance = np.zeros(len(library.faces), np.float32)
        self._instance[library.part == Part.LEFT_HAND] = ids.emission(ids.left_hand(number))
        self._instance[library.part == Part.RIGHT_HAND] = ids.emission(ids.right_hand(number))

    def build(self) -> None:
        """Add all objects of the person."""
        outfit = self._person.outfit
        top = clothing.top_faces(self._library, outfit)
        bottom = clothing.bottom_faces(self._library, outfit)
        self._add_body(top | bottom)
        self._add_cloth("bottom", bottom, 0.7, materials.cloth(self._person.bottom))
        self._add_cloth("top", top, 1.0, materials.cloth(self._person.top))
        if outfit.glove:
            self._add_glove()
        if outfit.strap:
            self._add_strap()
        self._add_hair()
        self._add_eyes()

    def _add_body(self, covered: NDArray[np.bool_]) -> None:
        library = self._library
        shown = ~clothing.well_inside(covered, library.faces)
        body = add_mesh(
            "body", self._vertices, library.faces[shown], self._instance[shown], library.uv[shown]
        )
        slots = np.zeros(len(library.faces), np.int32)
        slots[library.detail == Detail.LIPS] = 1
        slots[library.detail == Detail.NAIL] = 2
        slots[library.part == Part.EYE] = 3
        slots[library.part == Part.MOUTH] = 4
        for material in (
            *skin_materials.materials_of(self._person),
            materials.glossy("eye", (0.75, 0.72, 0.68), 0.15),
            materials.glossy("mouth", (0.12, 0.03, 0.03), 0.5),
        ):
            body.data.materials.append(material)
        body.data.polygons.foreach_set("material_index", slots[shown])
        _subdivide(body)

    def _lift(self, covered: NDArray[np.bool_], distance: NDArray[np.float32]) -> clothing.Shell:
        return clothing.lift(self._vertices, self._library.faces, covered, distance)

    def _add_shell(self, name: str, shell: clothing.Shell, material: Any, hand: bool) -> Any:
        instance = self._instance[shell.source] * (1.0 if hand else 0.0)
        added = add_mesh(name, shell.vertices, shell.faces, instance.astype(np.float32))
        added.data.materials.append(material)
        return added

    def _add_cloth(self, name: str, covered: NDArray[np.bool_], ease: float, material: Any) -> None:
        outfit = self._person.outfit
        wide = clothing.ripples(self._vertices, 0.12, self._rng)
        fine = clothing.ripples(self._vertices, 0.045, self._rng)
        depth = outfit.folds * (0.8 * wide + 0.6 * fine)
        distance = np.maximum(outfit.looseness * ease + depth, CLEARANCE).astype(np.float32)
        piece = self._add_shell(name, self._lift(covered, distance), material, hand=False)
        solid = piece.modifiers.new("thickness", "SOLIDIFY")
        solid.thickness = 0.0018
        solid.offset = -1.0
        _subdivide(piece)

    def _add_glove(self) -> None:
        covered = clothing.glove_faces(self._library, self._person.outfit)
        seams = 1 + 0.3 * clothing.ripples(self._vertices, 0.02, self._rng)
        distance = (self._person.outfit.glove * np.maximum(seams, 0.6)).astype(np.float32)
        glove = materials.cloth(self._person.glove)
        _subdivide(self._add_shell("glove", self._lift(covered, distance), glove, hand=True))

    def _add_strap(self) -> None:
        covered = clothing.strap_faces(self._library, self._person.outfit)
        distance = np.full(len(self._vertices), 0.003, np.float32)
        strap = materials.plain(self._person.strap)
        self._add_shell("strap", self._lift(covered, distance), strap, hand=False)

    def _add_hair(self) -> None:
        outfit = self._person.outfit
        material = materials.hair(self._person.hair)
        locks = 0.6 + 0.4 * clothing.ripples(self._vertices, 0.05, self._rng)
        patches = (
            ("hair", outfit.hair, clothing.hair_faces(self._library)),
            ("beard", outfit.beard, clothing.beard_faces(self._library)),
            ("brows", 0.0008, clothing.brow_faces(self._library)),
        )
        for name, length, covered in patches:
            if length and covered.any():
                distance = (length * np.maximum(locks, 0.2)).astype(np.float32)
                _subdivide(
                    self._add_shell(name, self._lift(covered, distance), material, hand=False)
                )

    def _add_eyes(self) -> None:
        library, pose = self._library, self._person.pose
        used = np.unique(library.faces[library.part == Part.EYE])
        points = self._vertices[used]
        eyes = self._person.to_world(
            np.stack([library.landmark(pose, "eye.L"), library.landmark(pose, "eye.R")])
        )
        neck, head = self._person.to_world(
            np.stack([library.landmark(pose, "neck01"), library.landmark(pose, "head")])
        )
        gaze = np.cross(eyes[0] - eyes[1], head - neck)
        gaze = gaze / np.linalg.norm(gaze) + self._rng.normal(0, 0.12, 3)
        gaze /= np.linalg.norm(gaze)
        for eye in eyes:
            near = points[np.linalg.norm(points - eye, axis=1) < 0.025]
            if len(near):
                centre, radius = _ball(near)
                _add_ball(centre + gaze * radius * 0.52, radius * 0.58, self._person.iris)
                _add_ball(centre + gaze * radius * 0.84, radius * 0.29, (0.003, 0.003, 0.003))


def _ball(points: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Centre [3] and radius of the ball that fits the points [n, 3] best (least squares)."""
    rows = np.concatenate([2 * points, np.ones((len(points), 1))], 1)
    solution = np.linalg.lstsq(rows, (points**2).sum(1), rcond=None)[0]
    centre = solution[:3]
    return centre, float(np.sqrt(max(solution[3] + centre @ centre, 1e-8)))


def _add_ball(
    position: NDArray[np.float64], radius: float, colour: tuple[float, float, float]
) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add(
        radius=radius, location=position.tolist(), segments=16, ring_count=10
    )
    bpy.ops.object.shade_smooth()
    bpy.context.object.data.materials.append(materials.glossy("iris", colour, 0.1))


def _subdivide(built: Any) -> None:
    modifier = built.modifiers.new("smooth", "SUBSURF")
    modifier.levels = 1
    modifier.render_levels = 1
