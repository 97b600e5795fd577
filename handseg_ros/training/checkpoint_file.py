"""From a checkpoint alone to a model file: its own configuration describes the network."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import torch

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.validation import read_as
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.describe import describe
from handseg_ros.training.former_names import with_todays_names
from handseg_ros.training.model_facts import model_facts


def write_model(checkpoint: Path, file: Path) -> None:
    """Write a checkpoint's averaged network as a model file, once both answer alike.

    The checkpoint is of any network: what a run goes on from, or its best weights. Raises
    ModelError where the file is no checkpoint, and where they are not alike, and leaves no file
    then.
    """
    config = _configuration(checkpoint)
    task = config.task()
    network = task.build()
    loaded = task.load(network, checkpoint)
    if loaded.left_out or loaded.fresh:
        raise ModelError(
            f"checkpoint {checkpoint} holds no network '{task.name}' of this version (its weights "
            f"lack {len(loaded.fresh)} and have {len(loaded.left_out)} others): export it with the "
            "version that trained it"
        )
    # Without labelled sets it was trained from the package's own sources.
    own = config.data is None
    description = describe(config, {}) if own else task.describe(model_facts(config))
    task.export(network.eval(), description, file)


def _configuration(checkpoint: Path) -> TrainingConfig:
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        return read_as(TrainingConfig, with_todays_names(state["config"])[0])
    except FileNotFoundError as error:
        raise ModelError(
            f"checkpoint {checkpoint} does not exist: give the path of a run's checkpoint.pt or "
            "best.pt"
        ) from error
    except Exception as error:  # torch raises whatever zipfile and pickle raise
        raise ModelError(
            f"checkpoint {checkpoint} is none of this package's training ({_first_line(error)}): "
            "give a run's checkpoint.pt or best.pt, or export the network to ONNX and import that"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
