"""Renders the current Blender scene: the picture, and the ids of the hands (bpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from rendering import ids
from rendering.materials import (
    depth_emitter,
    instance_emitter,
    position_emitter,
)
from rendering.scene_spec import SceneConfig, SceneSpec

_ANCILLARY = (b"eXIf", b"tEXt", b"iTXt", b"zTXt")
_JPEG_COMMENT, _JPEG_SCAN = 0xFE, 0xDA


def start_scene(config: SceneConfig, threads: int) -> None:
    """Empty Blender and set what both passes share."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.threads_mode = "FIXED"
    scene.render.threads = threads
    scene.render.resolution_x = config.width
    scene.render.resolution_y = config.height
    scene.render.resolution_percentage = 100
    scene.render.use_persistent_data = True
    scene.cycles.device = "CPU"
    scene.cycles.use_adaptive_sampling = False
    # The tree would be built over every triangle of the id pass, whose material sends out light.
    scene.cycles.use_light_tree = False


def render_ids(path: Path) -> NDArray[np.uint8]:
    """Write the ids' picture (8-bit grey PNG) and return the ids, uint8 [height, width].

    The scene is left as it was.
    """
    _write_values(path, instance_emitter(), bits=8)
    picture: NDArray[np.uint8] = np.rint(_read(path)[..., 0] * 255).astype(np.uint8)
    return ids.decode(picture)


def render_depth(path: Path) -> None:
    """Write the distance along the optical axis in millimetres (16-bit grey PNG, REP 118).

    65.535 metres is the farthest; 0 where nothing is. The scene is left as it was.
    """
    _write_values(path, depth_emitter(), bits=16)


def render_positions() -> NDArray[np.float32]:
    """Return where the surface lies that each pixel's middle sees: float32 [height, width, 3].

    Metres in the world, as Blender's own rays hit it; 0 where nothing is. The scene is left as it
    was.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "positions.exr")
        images = bpy.context.scene.render.image_settings
        images.file_format = "OPEN_EXR"
        images.color_mode = "RGB"
        images.color_depth = "32"
        _render_values(path, position_emitter())
        return _read(path)[..., :3]


def _write_values(path: Path, emitter: Any, bits: int) -> None:
    """Write a grey PNG of what an emitter sends out."""
    images = bpy.context.scene.render.image_settings
    images.file_format = "PNG"
    images.color_mode = "BW"
    images.color_depth = str(bits)
    _render_values(path, emitter)
    images.color_depth = "8"
    _strip_metadata(path)


def _render_values(path: Path, emitter: Any) -> None:
    """Write what an emitter sends out from every surface, as it is.

    One ray through each pixel's middle, without light, depth of field or anti-aliasing.
    """
    scene = bpy.context.scene
    layer = scene.view_layers[0]
    world, blurred = scene.world, scene.camera.data.dof.use_dof
    scene.world, scene.camera.data.dof.use_dof = None, False
    layer.material_override = emitter
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.cycles.max_bounces = 0
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.filter_width = 0.01
    scene.view_settings.view_transform = "Raw"
    scene.view_settings.exposure = 0.0
    scene.render.dither_intensity = 0.0
    _write(path)
    layer.material_override = None
    scene.world, scene.camera.data.dof.use_dof = world, blurred


def render_picture(path: Path, spec: SceneSpec, config: SceneConfig, seed: int) -> None:
    """Write the path-traced, denoised picture as JPEG or, by the path's ending, PNG."""
    scene = bpy.context.scene
    scene.cycles.seed = seed % 2**31
    scene.cycles.samples = config.samples
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.denoising_prefilter = "FAST"
    scene.cycles.denoising_quality = config.denoising
    scene.cycles.max_bounces = 4
    scene.cycles.sample_clamp_indirect = 4.0
    scene.cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    scene.cycles.filter_width = 1.5
    scene.view_settings.view_transform = spec.view_transform
    scene.view_settings.exposure = spec.exposure
    scene.render.image_settings.color_mode = "RGB"
    if path.suffix == ".png":
        scene.render.image_settings.file_format = "PNG"
    else:
        scene.render.image_settings.file_format = "JPEG"
        scene.render.image_settings.quality = spec.jpeg_quality
    _write(path)
    if path.suffix == ".png":
        _strip_metadata(path)
    else:
        _strip_comments(path)


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def _read(path: Path) -> NDArray[np.float32]:
    """Return a picture's values as they are, float32 [height, width, 4]."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    # Blender counts rows from the bottom.
    return pixels.reshape(height, width, 4)[::-1]


def _strip_metadata(path: Path) -> None:
    """Drop a PNG's text and EXIF chunks: Blender writes one twice, which readers warn about.

    Layout of PNG: 8 bytes of signature, then chunks of length, type, data and checksum (RFC 2083).
    """
    data = path.read_bytes()
    kept, at = [data[:8]], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunk = data[at : at + length + 12]
        if chunk[4:8] not in _ANCILLARY:
            kept.append(chunk)
        at += length + 12
    path.write_bytes(b"".join(kept))


def _strip_comments(path: Path) -> None:
    """Drop a JPEG's comments, where Blender tells when it rendered and how long that took.

    Layout of JPEG: a marker of 2 bytes, then segments of marker, length and data up to the start of
    the scan (ITU-T T.81, B.1.1).
    """
    data = path.read_bytes()
    kept, at = [data[:2]], 2
    while data[at + 1] != _JPEG_SCAN:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] != _JPEG_COMMENT:
            kept.append(data[at:end])
        at = end
    path.write_bytes(b"".join([*kept, data[at:]]))
