"""Files as Keras writes MobileNetV2's weights, with random numbers in them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import h5py
import numpy as np

# Channels, number of blocks and expansion of each group, of the table in Sandler et al., 2018.
_GROUPS = ((16, 1, 1), (24, 2, 6), (32, 3, 6), (64, 4, 6), (96, 3, 6), (160, 3, 6), (320, 1, 6))
_STEM, _TOP = 32, 1280


def mobilenet_v2_layers(width: int = 1) -> Iterator[tuple[str, dict[str, tuple[int, ...]]]]:
    """Yield Keras' layers that have weights, with their weights' shapes; `width` divides widths."""
    before = _STEM // width
    yield "Conv1", {"kernel": (3, 3, 3, before)}
    yield "bn_Conv1", _normalisation(before)
    number = 0
    for channels, count, expansion in _GROUPS:
        for _ in range(count):
            block = f"block_{number}" if number else "expanded_conv"
            wide, after = before * expansion, channels // width
            if number:
                yield f"{block}_expand", {"kernel": (1, 1, before, wide)}
                yield f"{block}_expand_BN", _normalisation(wide)
            yield f"{block}_depthwise", {"depthwise_kernel": (3, 3, wide, 1)}
            yield f"{block}_depthwise_BN", _normalisation(wide)
            yield f"{block}_project", {"kernel": (1, 1, wide, after)}
            yield f"{block}_project_BN", _normalisation(after)
            before, number = after, number + 1
    yield "Conv_1", {"kernel": (1, 1, before, _TOP)}
    yield "Conv_1_bn", _normalisation(_TOP)


def _normalisation(channels: int) -> dict[str, tuple[int, ...]]:
    return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (channels,))


def write_mobilenet_v2(
    file: Path, without: Collection[str] = (), width: int = 1, is_keras_3: bool = False
) -> dict[str, np.ndarray]:
    """Write the file but for some layers, and return its weights by names as `Conv1/kernel`.

    Keras 3 leaves away the `:0` of names, and what kind of kernel a depthwise one is.
    """
    random = np.random.default_rng(0)
    written: dict[str, np.ndarray] = {}
    with h5py.File(file, "w") as content:
        layers = [item for item in mobilenet_v2_layers(width) if item[0] not in without]
        content.attrs["layer_names"] = [name.encode() for name, _ in layers]
        content.attrs["backend"] = b"tensorflow"
        content.create_group("out_relu").attrs["weight_names"] = np.zeros(0)
        for layer, shapes in layers:
            group = content.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in shapes]
            for name, shape in shapes.items():
                values = random.uniform(0.5, 1.5, shape).astype(np.float32)
                stored = name.removeprefix("depthwise_") if is_keras_3 else f"{name}:0"
                group.create_dataset(f"{layer}/{stored}", data=values)
                written[f"{layer}/{name}"] = values
    return written
