"""Files of weights: read, and put into a module by name as far as they fit."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.networks.keras_weights import is_hdf5, read_hdf5
from handseg_ros.training.networks.task import LoadedWeights

# Under which checkpoints keep the weights, those that a model file is made of first: this package's
# own, and what torchvision's scripts for training write.
_PLACES = ("averaged", "model_ema", "network", "model", "state_dict")
# What wrapping for several processes puts before the names.
_WRAPPED = "module."
# torchvision's network counts pictures beside its statistics, which nothing reads.
_COUNTERS = "num_batches_tracked"


def read_weights(file: Path) -> dict[str, Tensor]:
    """Return the weights of a checkpoint or a plain file of them by name; raises ModelError.

    Of a file of Keras' they are as `keras_weights.read_hdf5` returns them.
    """
    try:
        if is_hdf5(file):
            return read_hdf5(file)
        content = torch.load(file, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"weights {file} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # torch raises whatever zipfile and pickle raise
        raise ModelError(
            f"{file} is no file of weights that torch reads: give a checkpoint or a state dict"
        ) from error
    for place in _PLACES:
        if isinstance(content, Mapping) and isinstance(content.get(place), Mapping):
            content = content[place]
            break
    if not isinstance(content, Mapping) or not any(_is_tensor(v) for v in content.values()):
        raise ModelError(f"{file} holds no weights: give a checkpoint or a state dict")
    return {
        str(name).removeprefix(_WRAPPED): value
        for name, value in content.items()
        if _is_tensor(value)
    }


def load_matching(module: nn.Module, weights: Mapping[str, Tensor], file: Path) -> LoadedWeights:
    """Fill a module with the weights of its names and shapes, and tell what stays apart.

    Raises ModelError where none fits.
    """
    own = module.state_dict()
    fitting = {
        name: value
        for name, value in weights.items()
        if name in own and own[name].shape == value.shape
    }
    if not any(value.ndim > 1 for value in fitting.values()):
        raise ModelError(
            f"{file} holds no weights for {type(module).__name__}: its first name is "
            f"'{next(iter(weights))}', but '{next(iter(own))}' is wanted; give a file of this "
            "network"
        )
    module.load_state_dict(fitting, strict=False)
    return LoadedWeights(_without(weights, fitting), _without(own, fitting))


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor)


def _without(names: Mapping[str, Tensor], taken: Mapping[str, Tensor]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in taken and not name.endswith(_COUNTERS))
