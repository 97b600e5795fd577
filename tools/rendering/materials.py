"""Blender materials: cloth, hair and the surfaces of things (bpy)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from rendering.surfaces import Colour, Surface


class Nodes:
    """Builds the node tree of one material; ``shader`` is its Principled BSDF."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self._tree = self.material.node_tree
        self.shader = self._tree.nodes["Principled BSDF"]

    def add(self, kind: str, **inputs: float) -> Any:
        """A new node; inputs are named as in Blender with _ for spaces."""
        node = self._tree.nodes.new(kind)
        for name, value in inputs.items():
            node.inputs[name.replace("_", " ")].default_value = value
        return node

    def link(self, output: Any, socket: Any) -> None:
        """Feed an output into an input."""
        self._tree.links.new(output, socket)

    def position(self, stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Any:
        """Socket of the point in the object's own metres, stretched."""
        coordinates = self.add("ShaderNodeTexCoord")
        mapping = self.add("ShaderNodeMapping")
        mapping.inputs["Scale"].default_value = stretch
        self.link(coordinates.outputs["Object"], mapping.inputs["Vector"])
        return mapping.outputs["Vector"]

    def noise(self, scale: float, detail: float = 4.0, vector: Any = None) -> Any:
        """Socket of a noise of about ``scale`` bumps a metre, 0 to 1."""
        node = self.add("ShaderNodeTexNoise", Scale=scale, Detail=detail)
        self.link(vector or self.position(), node.inputs["Vector"])
        return node.outputs["Fac"]

    def ramp(self, value: Any, stops: tuple[tuple[float, Colour], ...]) -> Any:
        """Socket of a colour that goes through ``stops`` as ``value`` goes from 0 to 1."""
        node = self.add("ShaderNodeValToRGB")
        elements = node.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (at, colour) in zip(elements, stops, strict=True):
            element.position = at
            element.color = (*colour, 1.0)
        self.link(value, node.inputs["Fac"])
        return node.outputs["Color"]

    def bump(self, height: Any, metres: float, strength: float) -> None:
        """Let ``height`` (0 to 1) disturb the surface's normals."""
        node = self.add("ShaderNodeBump", Strength=strength, Distance=metres)
        self.link(height, node.inputs["Height"])
        self.link(node.outputs["Normal"], self.shader.inputs["Normal"])

    def vectors(self, operation: str, one: Any, other: Any) -> Any:
        """Socket of two vectors or colours combined; ``other`` may be three numbers."""
        node = self.add("ShaderNodeVectorMath")
        node.operation = operation
        self.link(one, node.inputs[0])
        if isinstance(other, tuple):
            node.inputs[1].default_value = other
        else:
            self.link(other, node.inputs[1])
        return node.outputs["Vector"]

    def colour(self, socket: Any) -> None:
        """Take the base colour from a socket."""
        self.link(socket, self.shader.inputs["Base Color"])

    def set(self, **inputs: float | tuple[float, ...]) -> None:
        """Give the shader's inputs fixed values; _ stands for spaces in their names."""
        for name, value in inputs.items():
            self.shader.inputs[name.replace("_", " ")].default_value = value


def times(colour: Colour, factors: tuple[float, float, float]) -> Colour:
    """A colour whose channels are multiplied, and at most 0.95."""
    scaled = np.clip(np.array(colour) * factors, 0.0, 0.95)
    return float(scaled[0]), float(scaled[1]), float(scaled[2])


def glossy(name: str, colour: Colour, roughness: float) -> Any:
    """One colour with the given roughness."""
    nodes = Nodes(name)
    nodes.set(Base_Color=(*colour, 1.0), Roughness=roughness)
    return nodes.material


def hair(colour: Colour) -> Any:
    """Hair as a rough streaky mass."""
    nodes = Nodes("hair")
    streaks = nodes.noise(60.0, 8.0, nodes.position((4.0, 4.0, 0.8)))
    nodes.colour(
        nodes.ramp(streaks, ((0.3, times(colour, (0.4,) * 3)), (0.7, times(colour, (1.4,) * 3))))
    )
    nodes.bump(streaks, 0.012, 0.9)
    nodes.set(Roughness=0.55)
    return nodes.material


def cloth(surface: Surface) -> Any:
    """A surface's pattern with creases."""
    nodes = _paint(surface)
    nodes.bump(nodes.noise(22.0, 6.0, nodes.position((1.0, 1.0, 0.35))), 0.02, 0.7)
    nodes.set(Sheen_Weight=0.25)
    return nodes.material


def plain(surface: Surface) -> Any:
    """A surface as it is described."""
    return _paint(surface).material


def _paint(surface: Surface) -> Nodes:
    nodes = Nodes(surface.pattern)
    nodes.set(Roughness=surface.roughness)
    pair = ((0.35, surface.colour), (0.65, surface.second))
    frequency = 1.0 / surface.scale
    if surface.pattern == "picture":
        image = nodes.add("ShaderNodeTexImage")
        image.image = bpy.data.images.load(surface.picture, check_existing=True)
        coordinates = nodes.add("ShaderNodeTexCoord")
        nodes.link(coordinates.outputs["UV"], image.inputs["Vector"])
        nodes.colour(image.outputs["Color"])
    elif surface.pattern == "mottled":
        nodes.colour(nodes.ramp(nodes.noise(frequency, 6.0), pair))
    elif surface.pattern == "wood":
        grain = nodes.noise(frequency, 8.0, nodes.position((0.12, 1.0, 1.0)))
        nodes.colour(nodes.ramp(grain, pair))
        nodes.bump(grain, 0.002, 0.25)
    elif surface.pattern == "checks":
        checks = nodes.add("ShaderNodeTexChecker", Scale=frequency)
        nodes.link(nodes.position(), checks.inputs["Vector"])
        nodes.colour(nodes.ramp(checks.outputs["Fac"], pair))
    elif surface.pattern == "stripes":
        waves = nodes.add("ShaderNodeTexWave", Scale=frequency / 6.0)
        nodes.link(nodes.position(), waves.inputs["Vector"])
        nodes.colour(nodes.ramp(waves.outputs["Fac"], pair))
    else:
        nodes.set(Base_Color=(*surface.colour, 1.0))
    if surface.pattern == "metal":
        # Fine scratches along one direction.
        nodes.bump(nodes.noise(300.0, 2.0, nodes.position((0.02, 1.0, 1.0))), 0.001, 0.12)
        nodes.set(Metallic=1.0)
    return nodes


def instance_emitter() -> Any:
    """Material that sends out the face attribute ``instance`` as light, for the id pass."""
    material, tree = _bare("instances")
    attribute = tree.nodes.new("ShaderNodeAttribute")
    attribute.attribute_name = "instance"
    _emit(tree, attribute.outputs["Fac"])
    return material


def depth_emitter() -> Any:
    """Material that sends out the distance along the optical axis, 1 at 65.535 metres."""
    material, tree = _bare("depth")
    camera = tree.nodes.new("ShaderNodeCameraData")
    share = tree.nodes.new("ShaderNodeMath")
    share.operation = "DIVIDE"
    share.inputs[1].default_value = 65.535
    tree.links.new(camera.outputs["View Z Depth"], share.inputs[0])
    _emit(tree, share.outputs["Value"])
    return material


def position_emitter() -> Any:
    """Material that sends out its position in the world, metres as red, green and blue."""
    material, tree = _bare("position")
    geometry = tree.nodes.new("ShaderNodeNewGeometry")
    _emit(tree, geometry.outputs["Position"])
    return material


def _bare(name: str) -> tuple[Any, Any]:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.node_tree.nodes.clear()
    return material, material.node_tree


def _emit(tree: Any, value: Any) -> None:
    emission = tree.nodes.new("ShaderNodeEmission")
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(value, emission.inputs["Color"])
    tree.links.new(emission.outputs["Emission"], output.inputs["Surface"])
