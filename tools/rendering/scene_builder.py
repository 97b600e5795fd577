"""Puts things, room, lights and camera of a scene into Blender's current scene (bpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import mathutils
import numpy as np
from numpy.typing import NDArray

from rendering import cameras, materials
from rendering.cameras import Camera
from rendering.scene_spec import LightSpec, PropSpec, RoomSpec
from rendering.surfaces import Surface

Vector = NDArray[np.float64]

ROOM_WIDTH = 5.0


def _pose(rotation: Vector, position: Vector) -> mathutils.Matrix:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = position
    return mathutils.Matrix(matrix.tolist())


def add_prop(prop: PropSpec) -> None:
    """A box, cylinder, ball or mug. Raises KeyError for another shape."""
    make = {
        "box": lambda: bpy.ops.mesh.primitive_cube_add(size=1.0),
        "cylinder": lambda: bpy.ops.mesh.primitive_cylinder_add(radius=0.5, depth=1.0),
        "ball": lambda: bpy.ops.mesh.primitive_uv_sphere_add(radius=0.5),
        "mug": lambda: bpy.ops.mesh.primitive_cylinder_add(
            radius=0.5, depth=1.0, end_fill_type="TRIFAN"
        ),
    }
    make[prop.shape]()
    built = bpy.context.object
    built.matrix_world = _pose(prop.rotation, prop.position) @ mathutils.Matrix.Diagonal(
        (*prop.size.tolist(), 1.0)
    )
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    built.data.materials.append(materials.plain(prop.surface))
    if prop.shape == "mug":
        _hollow(built)
        _add_handle(prop)
    if prop.shape in ("box", "cylinder"):
        bevel = built.modifiers.new("edges", "BEVEL")
        bevel.width = float(prop.size.min()) * 0.08
        bevel.segments = 2
    if prop.shape in ("ball", "cylinder", "mug"):
        bpy.ops.object.shade_smooth_by_angle(angle=0.7)


def _hollow(mug: Any) -> None:
    """Take the lid off and give the wall a thickness."""
    top = max(vertex.co.z for vertex in mug.data.vertices)
    keep = [
        p for p in mug.data.polygons if min(mug.data.vertices[k].co.z for k in p.vertices) < top
    ]
    faces = [tuple(polygon.vertices) for polygon in keep]
    vertices = [tuple(vertex.co) for vertex in mug.data.vertices]
    material = mug.data.materials[0]
    mug.data = bpy.data.meshes.new("mug")
    mug.data.from_pydata(vertices, [], faces)
    mug.data.materials.append(material)
    mug.modifiers.new("wall", "SOLIDIFY").thickness = 0.004


def _add_handle(prop: PropSpec) -> None:
    radius = float(prop.size[2]) * 0.28
    bpy.ops.mesh.primitive_torus_add(major_radius=radius, minor_radius=0.005)
    handle = bpy.context.object
    sideways = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    position = prop.position + prop.rotation @ np.array([float(prop.size[0]) / 2, 0.0, 0.0])
    handle.matrix_world = _pose(prop.rotation @ sideways, position)
    handle.data.materials.append(materials.plain(prop.surface))


def _add_plane(rotation: Vector, position: Vector, surface: Surface) -> None:
    bpy.ops.mesh.primitive_plane_add(size=ROOM_WIDTH)
    plane = bpy.context.object
    plane.matrix_world = _pose(rotation, position)
    plane.data.materials.append(materials.plain(surface))


def add_room(room: RoomSpec, camera: Camera) -> None:
    """Table, floor, the wall behind the camera's target, and the world's light."""
    if room.table is not None:
        add_prop(room.table)
    _add_plane(np.eye(3), np.array([0.0, 0.0, room.floor]), room.floor_surface)
    ahead = (camera.target - camera.position) * [1.0, 1.0, 0.0]
    if room.wall and np.linalg.norm(ahead) > 0.15:
        ahead /= np.linalg.norm(ahead)
        position = camera.target + ahead * room.wall
        rotation = np.stack([np.cross([0.0, 0.0, 1.0], -ahead), [0.0, 0.0, 1.0], -ahead], 1)
        _add_plane(rotation, position, room.wall_surface)
    _add_world(room)


def _add_world(room: RoomSpec) -> None:
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    # Blender's choice is a map of 1,024 rows, which takes longer to fill than the scene to render.
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = 128
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (*room.sky, 1.0)
    background.inputs["Strength"].default_value = room.ambient
    if room.panorama:
        texture = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
        texture.image = bpy.data.images.load(room.panorama, check_existing=True)
        world.node_tree.links.new(texture.outputs["Color"], background.inputs["Color"])


def panoramas() -> tuple[str, ...]:
    """The high-range panoramas that come with Blender (CC0, from Poly Haven)."""
    folder = Path(bpy.utils.system_resource("DATAFILES", path="studiolights/world"))
    return tuple(str(file) for file in sorted(folder.glob("*.exr")))


def add_light(light: LightSpec) -> None:
    """A lamp that points to its target and is not seen itself."""
    data = bpy.data.lights.new("light", light.kind)
    data.energy = light.power
    data.color = light.colour
    if light.kind == "SUN":
        data.angle = light.size
    elif light.kind == "AREA":
        data.size = light.size
    else:
        data.shadow_soft_size = light.size
    lamp = bpy.data.objects.new("light", data)
    lamp.location = light.position.tolist()
    towards = mathutils.Vector((light.target - light.position).tolist())
    lamp.rotation_euler = towards.to_track_quat("-Z", "Y").to_euler()
    lamp.visible_camera = False
    bpy.context.scene.collection.objects.link(lamp)


def place_camera(camera: Camera) -> None:
    """Make the scene look through ``camera``."""
    scene = bpy.context.scene
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        scene.collection.objects.link(scene.camera)
    lens = scene.camera.data
    lens.sensor_width = cameras.SENSOR_WIDTH
    lens.sensor_fit = "HORIZONTAL"
    lens.lens = camera.focal
    lens.clip_start = 0.01
    lens.dof.focus_distance = float(np.linalg.norm(camera.target - camera.position))
    lens.dof.aperture_fstop = camera.blur or 128.0
    lens.dof.use_dof = bool(camera.blur)
    scene.camera.matrix_world = _pose(cameras.rotation(camera), camera.position)
