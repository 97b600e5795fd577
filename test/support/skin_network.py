"""Small networks that know a hand by its colour, with inputs and outputs as exporters write them.

Each computes z = min(R - B - 40, G - 30, 220 - G) / 10 from pixels 0 to 255: a hand is where z is
above 0, so what is right can be computed from the picture itself.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto
from support.painted_hand import paint_hand

from handseg_ros.onnx_export.graph_builder import FLOAT, GraphBuilder, Value

SIDE = 64
FLOAT16, INT64, INT32, UINT8 = (
    TensorProto.FLOAT16, TensorProto.INT64, TensorProto.INT32, TensorProto.UINT8,
)  # fmt: skip
# From z, float32 (batch, 1, rows, columns), to an output.
Head = Callable[[GraphBuilder, Value], Value]


def skin_picture(side: int = SIDE) -> np.ndarray:
    """Return a picture, uint8 (side, side, 3), BGR, of a hand in skin's colour before grey."""
    ids = np.zeros((4 * side, 4 * side), np.uint8)
    paint_hand(ids, np.array((2 * side, int(2.4 * side))), 0.6 * side, 1.5 * np.pi, 1)
    covered = cv2.resize(ids, (side, side), interpolation=cv2.INTER_NEAREST) > 0
    picture = np.full((side, side, 3), 128, np.uint8)
    picture[:, :, 0] += np.arange(side, dtype=np.uint8)[:, None] // 4
    picture[covered] = (90, 140, 200)
    return picture


def skin_truth(picture: np.ndarray) -> np.ndarray:
    """Return where the networks find a hand in a picture, bool (height, width)."""
    blue, green, red = (picture[..., place].astype(np.float32) for place in range(3))
    return np.minimum(np.minimum(red - blue - 40, green - 30), 220 - green) > 0


@dataclass(frozen=True)
class SkinNetwork:
    """What its file shall look like: axes in the order of `layout`, pixels times `scale`.

    `heads` make the outputs of z, by their names; `axes` and `kinds` are the outputs' numbers of
    axes and types where these are not 4 and float32; `switches` are more inputs, by their names,
    with type and shape: their first number must be 0.
    """

    heads: Mapping[str, Head]
    layout: str = "NCHW"
    shape: tuple[int | str | None, ...] = (1, 3, SIDE, SIDE)
    kind: int = FLOAT
    scale: float = 1 / 255
    axes: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    switches: Mapping[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def write(self, file: Path) -> Path:
        """Write the network; returns its file."""
        builder = GraphBuilder("skin", 17)
        image = builder.input("input", self.kind, self.shape)
        pixels = image.cast(FLOAT) * np.float32(1 / self.scale)
        if "N" not in self.layout:
            pixels = builder.add("Unsqueeze", pixels, np.array([0]))
        if self.layout.endswith("C"):
            pixels = pixels.transpose(0, 3, 1, 2)
        z = _skin(builder, pixels)
        for name, (kind, shape) in self.switches.items():
            switch = builder.input(name, kind, shape).cast(FLOAT)
            flat = switch.reshape(-1).gather(0, 0)
            z = z + flat * np.float32(1000.0)
        for name, head in self.heads.items():
            kind = self.kinds.get(name, FLOAT)
            axes = [f"{name}_{axis}" for axis in range(self.axes.get(name, 4))]
            builder.output(name, head(builder, z).cast(kind), kind, axes)
        onnx.save(builder.model(8), str(file))
        return file


def _skin(builder: GraphBuilder, pixels: Value) -> Value:
    red, green, blue = (pixels.gather([place], 1) for place in range(3))
    parts = red - blue - np.float32(40), green - np.float32(30), -green + np.float32(220)
    return builder.add("Min", *parts) * np.float32(0.1)


def logit(builder: GraphBuilder, z: Value) -> Value:
    """Give z itself, (batch, 1, rows, columns)."""
    return z


def probability(builder: GraphBuilder, z: Value) -> Value:
    """Give a probability, (batch, 1, rows, columns)."""
    return builder.add("Sigmoid", z)


def flat_probability(builder: GraphBuilder, z: Value) -> Value:
    """Give a probability without a channel, (batch, rows, columns)."""
    return probability(builder, z).gather(0, 1)


def two_classes(builder: GraphBuilder, z: Value) -> Value:
    """Give logits of background and hand."""
    return builder.add("Concat", -z, z, axis=1)


def unlike(builder: GraphBuilder, z: Value) -> Value:
    """Give logits of something else: the opposite of a hand."""
    return two_classes(builder, -z)


def numbers(builder: GraphBuilder, z: Value) -> Value:
    """Give the class's number, (batch, rows, columns)."""
    return builder.add("ArgMax", two_classes(builder, z), axis=1, keepdims=0)


def numbers_in_a_channel(builder: GraphBuilder, z: Value) -> Value:
    """Give the class's number, (batch, 1, rows, columns)."""
    return builder.add("ArgMax", two_classes(builder, z), axis=1, keepdims=1)


def whiteness(builder: GraphBuilder, z: Value) -> Value:
    """Give a mask of 0 and 255."""
    return builder.add("Greater", z, np.float32(0)).cast(FLOAT) * np.float32(255)


def flat_whiteness(builder: GraphBuilder, z: Value) -> Value:
    """Give the same as (rows, columns)."""
    return whiteness(builder, z).gather(0, 0).gather(0, 0)


def left_and_right(builder: GraphBuilder, z: Value) -> Value:
    """Give logits of background, left hand (the picture's left half) and right hand."""
    slope = np.linspace(20, -20, SIDE, dtype=np.float32)[None, None, None]
    left, right = z.minimum(slope), z.minimum(-slope)
    return builder.add("Concat", z * np.float32(0), left, right, axis=1)
