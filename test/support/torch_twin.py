"""One network twice: in torch, as its authors run it, and as the file that the core runs."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from support.assets import rendered_hands
from support.foreign import forget_output_shapes, write_description
from torch.nn import functional

from handseg_ros.segmentation.geometry import stretch

# Share of pixels that may differ: torch and ONNX Runtime add up in another order, so that outlines
# differ by single pixels.
TOLERANCE = 0.0001

Prepare = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Foreign:
    """A network and the file made of it, both for pictures of `side` x `side` pixels.

    `prepare` is what its authors do with RGB (3, side, side) from 0 to 1.
    """

    network: torch.nn.Module
    prepare: Prepare
    file: Path
    side: int

    def logits(self, *pictures: np.ndarray) -> torch.Tensor:
        """Return what torch gives of BGR pictures, one each input, stretched to its size."""
        inputs = [self.prepare(_resized(image, self.side))[None] for image in pictures]
        with torch.no_grad():
            return self.network(*inputs)


def rgb(frame: np.ndarray) -> torch.Tensor:
    """Return a BGR frame as RGB (3, height, width) from 0 to 1."""
    return torch.from_numpy(frame[..., ::-1].copy()).permute(2, 0, 1).float() / 255


def _resized(frame: np.ndarray, side: int) -> torch.Tensor:
    """Return the frame as RGB (3, side, side), resized by torch itself where it knows the same way.

    That is where whole blocks are averaged; else the core's own resized image is taken, whose
    geometry has tests of its own. Pixels are whole numbers, as everywhere before normalisation: a
    random network makes much of a rounding.
    """
    height, width = frame.shape[:2]
    if height % side == width % side == 0:
        mean = functional.interpolate(rgb(frame)[None], (side, side), mode="area")[0]
        return (mean * 255 + 0.5).floor() / 255
    return rgb(stretch((height, width), (side, side)).apply(frame))


def enlarged(planes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Interpolate planes (N, C, H, W) to a size of (height, width)."""
    return functional.interpolate(planes, size, mode="bilinear", align_corners=False)


def picture(height: int, width: int) -> np.ndarray:
    """Return the repository's own picture of hands, BGR."""
    return cv2.resize(rendered_hands(), (width, height), interpolation=cv2.INTER_AREA)


def unlike_pictures(side: int) -> tuple[np.ndarray, ...]:
    """Return pictures, BGR, that are unlike each other also in their mean."""
    whole = picture(side, side)
    part = picture(2 * side, 2 * side)[:side, :side]
    return whole, whole[:, ::-1], 255 - whole, whole // 3, part


def export(
    network: torch.nn.Module,
    prepare: Prepare,
    file: Path,
    description: dict[str, Any],
    *images: torch.Tensor,
) -> Foreign:
    """Write the network as ONNX of opset 11 that tells no size of its output.

    `images` are its inputs, one or two, (1, 3, side, side) or (1, side, side, 3); where the
    channels come first any size may be given to the file, else that one alone.
    """
    side = images[0].shape[2]
    names = ["input", "background"][: len(images)]
    free = {0: "batch", 2: "height", 3: "width"}
    axes = dict.fromkeys((*names, "output"), free) if images[0].shape[1] == 3 else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns that it is old
        torch.onnx.export(
            network.eval(), images, str(file), dynamo=False, opset_version=11,
            input_names=names, output_names=["output"], dynamic_axes=axes,
        )  # fmt: skip
    forget_output_shapes(file)
    write_description(file, description)
    return Foreign(network, prepare, file, side)


def assert_same(found: np.ndarray, wanted: torch.Tensor, tolerance: float = TOLERANCE) -> None:
    """Compare a mask, 0 or 255, with torch's (height, width) of bool."""
    assert 0.05 < wanted.float().mean() < 0.95, "there should be something to compare"
    assert np.mean((found > 0) != wanted.numpy()) <= tolerance
