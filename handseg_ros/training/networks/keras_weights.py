"""Keras' own weights of MobileNetV2, for the encoder that has its arithmetic.

Layers: https://github.com/keras-team/keras, keras/src/applications/mobilenet_v2.py. Files: HDF5 as
Keras writes weights and models with the suffix .h5, a group for each layer, in it a data set for
each weight, such as `Conv1/Conv1/kernel:0`. The published one is `PUBLISHED`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.extras import install_command

PUBLISHED = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
# What an HDF5 file begins with (HDF5 file format specification, "Format signature").
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_BLOCKS = 17
_FIRST = "Conv1"
# What a kind of layer calls its weights, and what torch does.
_CONVOLUTION = {"kernel": "weight"}
_DEPTHWISE = {"depthwise_kernel": "weight"}
_NORMALISATION = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
# From Keras' axes to torch's: (H, W, I, O) to (O, I, H, W), and (H, W, C, 1) to (C, 1, H, W).
_AXES = {"kernel": (3, 2, 0, 1), "depthwise_kernel": (2, 3, 0, 1)}
# What Keras 3 calls otherwise than Keras 2 did.
_KERAS_3 = {"depthwise_kernel": "kernel"}


def is_hdf5(file: Path) -> bool:
    """Return whether a file begins as HDF5 does; raises OSError."""
    with file.open("rb") as opened:
        return opened.read(len(_SIGNATURE)) == _SIGNATURE


def read_hdf5(file: Path) -> dict[str, Tensor]:
    """Return the weights of a file of Keras' as they are, float32, by names as `Conv1/kernel`.

    Raises ModelError for a damaged file, one without weights, and where h5py is missing.
    """
    try:
        import h5py
    except ImportError as error:
        raise ModelError(
            f"{file} cannot be read without h5py ({error}): install it with "
            f"{install_command('train')}"
        ) from error
    found: dict[str, Tensor] = {}

    def take(path: str, item: object) -> None:
        *_, layer, name = ("", *path.split("/"))
        if isinstance(item, h5py.Dataset) and item.ndim and item.dtype.kind == "f":
            weight = torch.from_numpy(np.asarray(item[()], np.float32))
            found[f"{layer}/{name.partition(':')[0]}"] = weight

    try:
        with h5py.File(file) as content:
            # A whole model has its weights in a group, beside those of its optimiser.
            content.get("model_weights", content).visititems(take)
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"{file} cannot be read as HDF5, it is damaged or not all of it is there: download it "
            "again"
        ) from error
    if not found:
        raise ModelError(f"{file} holds no weights: give a file such as {PUBLISHED}")
    if any(name.startswith("vars/") for name in found):
        raise ModelError(
            f"{file} is of Keras 3's layout for '.weights.h5', which does not name layers: save "
            "the whole model as '.h5', which does"
        )
    return found


def is_mobilenet_v2(weights: Mapping[str, Tensor]) -> bool:
    """Return whether weights are called as Keras calls those of MobileNetV2."""
    return f"{_FIRST}/kernel" in weights


def under_torchvision_s_names(
    weights: Mapping[str, Tensor], own: Mapping[str, Tensor], file: Path
) -> dict[str, Tensor]:
    """Return the weights as torch has them, by torchvision's names; `own` are the encoder's.

    What `own` does not have keeps its name. Raises ModelError for a layer that is missing, or that
    is of another width.
    """
    renamed, rest = {}, dict(weights)
    for layer, (place, names) in _layers().items():
        for name, torch_s in names.items():
            target, source = f"{place}.{torch_s}", f"{layer}/{name}"
            if target not in own:
                continue
            if source not in weights:
                source = f"{layer}/{_KERAS_3.get(name, name)}"
            if source not in weights:
                raise ModelError(
                    f"{file} has no weights '{source}' of MobileNetV2: give Keras' whole file, "
                    f"{PUBLISHED}"
                )
            weight = rest.pop(source)
            moved = weight.permute(_AXES[name]).contiguous() if name in _AXES else weight
            if moved.shape != own[target].shape:
                raise ModelError(
                    f"{file} has '{source}' of the shape {tuple(weight.shape)}, which is of "
                    f"another width of MobileNetV2: give that of width 1.0, {PUBLISHED}"
                )
            renamed[target] = moved
    return {**renamed, **rest}


def _layers() -> dict[str, tuple[str, Mapping[str, str]]]:
    """Return Keras' layers: where each is in torchvision's network, and its weights' names."""
    layers: dict[str, tuple[str, Mapping[str, str]]] = {
        _FIRST: ("features.0.0", _CONVOLUTION),
        "bn_Conv1": ("features.0.1", _NORMALISATION),
    }
    for number in range(_BLOCKS):
        block = f"block_{number}" if number else "expanded_conv"
        place, step = f"features.{number + 1}.conv", 0
        if number:  # the first block does not widen
            layers[f"{block}_expand"] = (f"{place}.0.0", _CONVOLUTION)
            layers[f"{block}_expand_BN"] = (f"{place}.0.1", _NORMALISATION)
            step = 1
        layers[f"{block}_depthwise"] = (f"{place}.{step}.0", _DEPTHWISE)
        layers[f"{block}_depthwise_BN"] = (f"{place}.{step}.1", _NORMALISATION)
        layers[f"{block}_project"] = (f"{place}.{step + 1}", _CONVOLUTION)
        layers[f"{block}_project_BN"] = (f"{place}.{step + 2}", _NORMALISATION)
    return layers
