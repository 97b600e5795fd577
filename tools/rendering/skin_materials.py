"""Blender materials of skin, lips and nails: of noise, or of a photograph (bpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from rendering.materials import Nodes, glossy, times
from rendering.scene_spec import PersonSpec
from rendering.skins import SkinPhoto
from rendering.surfaces import Colour

LIGHTEST = 0.75
"""No skin reflects more; light from above is partly painted into the photographs."""


def materials_of(person: PersonSpec) -> tuple[Any, Any, Any]:
    """Skin, lips and nails of one person."""
    photo = person.photo
    if photo is None:
        return skin(person), lips(person), nail(person)
    shown = photographed(person, photo, (1.0, 1.0, 1.0), person.gloss)
    # Nails are too white in the photographs.
    return shown, shown, photographed(person, photo, (0.9, 0.74, 0.7), 0.22)


def photographed(person: PersonSpec, photo: SkinPhoto, tint: Colour, roughness: float) -> Any:
    """A photographed skin, its hands of the person's albedo, with relief from its own creases."""
    nodes = Nodes("photographed skin")
    image = nodes.add("ShaderNodeTexImage")
    image.image = bpy.data.images.load(photo.file, check_existing=True)
    image.interpolation = "Cubic"
    coordinates = nodes.add("ShaderNodeUVMap")
    nodes.link(coordinates.outputs["UV"], image.inputs["Vector"])
    gain = np.array(person.albedo) / np.maximum(photo.albedo, 1e-3) * tint
    colour = nodes.vectors("MULTIPLY", image.outputs["Color"], tuple(gain.tolist()))
    # Blotches of some 5 mm, which the photographs' coarse texels lack.
    blotches = nodes.ramp(
        nodes.noise(180.0, 3.0), ((0.3, (0.92, 0.89, 0.88)), (0.7, (1.06, 1.06, 1.06)))
    )
    colour = nodes.vectors("MULTIPLY", colour, blotches)
    nodes.colour(nodes.vectors("MINIMUM", colour, (LIGHTEST,) * 3))
    # What is dark in the photograph, such as creases, lies deep; wrinkles of 3 mm are added.
    grey = nodes.add("ShaderNodeRGBToBW")
    nodes.link(image.outputs["Color"], grey.inputs["Color"])
    relief = nodes.add("ShaderNodeMath")
    relief.operation = "MULTIPLY_ADD"
    nodes.link(grey.outputs["Val"], relief.inputs[0])
    relief.inputs[1].default_value = 8.0
    nodes.link(nodes.noise(300.0, 2.0), relief.inputs[2])
    nodes.bump(relief.outputs["Value"], 0.0006, 0.6)
    nodes.set(Roughness=roughness, Subsurface_Weight=0.2, Subsurface_Radius=(0.012, 0.004, 0.002))
    nodes.set(Subsurface_Scale=1.0, Specular_IOR_Level=0.38)
    return nodes.material


def skin(person: PersonSpec) -> Any:
    """Skin of one person: blotches, freckles, pores and light that goes under the surface."""
    nodes = Nodes("skin")
    colour = person.albedo
    pale, red = times(colour, (1.1, 1.12, 1.14)), times(colour, (0.97, 0.78, 0.72))
    blotches = nodes.ramp(nodes.noise(34.0, 8.0), ((0.34, red), (0.5, colour), (0.66, pale)))
    if person.freckles:
        spots = nodes.add("ShaderNodeTexVoronoi", Scale=190.0)
        nodes.link(nodes.position(), spots.inputs["Vector"])
        dark = 1.0 - 0.55 * person.freckles
        mask = nodes.ramp(
            spots.outputs["Distance"], ((0.1, (dark, dark * 0.9, dark * 0.8)), (0.28, (1, 1, 1)))
        )
        blend = nodes.add("ShaderNodeMixRGB", Fac=1.0)
        blend.blend_type = "MULTIPLY"
        nodes.link(blotches, blend.inputs["Color1"])
        nodes.link(mask, blend.inputs["Color2"])
        blotches = blend.outputs["Color"]
    nodes.colour(blotches)
    pores = nodes.add("ShaderNodeTexVoronoi", Scale=620.0)
    nodes.link(nodes.position(), pores.inputs["Vector"])
    relief = nodes.add("ShaderNodeMath")
    relief.operation = "MULTIPLY_ADD"
    nodes.link(nodes.noise(170.0, 6.0), relief.inputs[0])
    relief.inputs[1].default_value = 2.5
    nodes.link(pores.outputs["Distance"], relief.inputs[2])
    nodes.bump(relief.outputs["Value"], 0.001, 0.3)
    nodes.set(
        Roughness=person.gloss, Subsurface_Weight=0.2, Subsurface_Radius=(0.012, 0.004, 0.002)
    )
    nodes.set(Subsurface_Scale=1.0, Specular_IOR_Level=0.35)
    return nodes.material


def nail(person: PersonSpec) -> Any:
    """Finger nails: paler, pinker and glossy."""
    return glossy("nail", times(person.albedo, (1.12, 1.02, 1.02)), 0.25)


def lips(person: PersonSpec) -> Any:
    """Lips: redder than the skin around them."""
    return glossy("lips", times(person.albedo, (0.92, 0.62, 0.6)), 0.4)
