"""From a checkpoint alone to a model file: its own configuration describes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch

from handseg_ros.media.sample_picture import sample_picture
from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.input_preprocessor import InputPreprocessor
from handseg_ros.segmentation.validation import read_as
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.describe import describe
from handseg_ros.training.export import export_model, load_ema_network
from handseg_ros.training.former_names import with_todays_names
from handseg_ros.training.network import HandNetwork

# Of probabilities of the mask: weights are stored in half precision.
_LARGEST_DIFFERENCE = 0.05


def write_model(checkpoint: Path, file: Path) -> float:
    """Write a checkpoint's averaged network as a model file, once both give the same.

    Returns the largest difference of mask probabilities in the package's picture between torch and
    ONNX Runtime. Raises ModelError where the file is no checkpoint, and where they are not alike,
    and leaves no file then.
    """
    description = _description(checkpoint)
    try:
        network = load_ema_network(checkpoint)
    except (KeyError, RuntimeError) as error:
        raise ModelError(
            f"checkpoint {checkpoint} holds no network of this version ({_first_line(error)}): "
            "export it with the version that trained it"
        ) from error
    export_model(network, description, file)
    difference = _difference(network, description, file)
    if difference > _LARGEST_DIFFERENCE:
        file.unlink()
        raise ModelError(
            f"the graph made of {checkpoint} is not like the network: probabilities of the mask "
            f"are up to {difference:.3f} apart; use another version of torch"
        )
    return difference


def _description(checkpoint: Path) -> ModelDescription:
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        config = read_as(TrainingConfig, with_todays_names(state["config"])[0])
    except FileNotFoundError as error:
        raise ModelError(
            f"checkpoint {checkpoint} does not exist: give the path of a run's checkpoint.pt"
        ) from error
    except Exception as error:  # torch raises whatever zipfile and pickle raise
        raise ModelError(
            f"checkpoint {checkpoint} is none of this package's training ({_first_line(error)}): "
            "give a run's checkpoint.pt, or export the network to ONNX and import that"
        ) from error
    return describe(config, {})


def _difference(network: HandNetwork, description: ModelDescription, file: Path) -> float:
    picture = read_picture(sample_picture())
    size = description.input.height, description.input.width
    resize = RESIZE_TRANSFORMS[description.input.resize]
    transform = resize((picture.shape[0], picture.shape[1]), size)
    pixels = InputPreprocessor.of(description.input).preprocess(transform.apply(picture))
    with torch.inference_mode():
        wanted = network(torch.from_numpy(pixels))[0, 0].numpy()
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (maps,) = session.run([description.outputs["maps"]], {description.input.name: pixels})
    apart = np.tanh(0.5 * maps[0, 0]) - np.tanh(0.5 * wanted)
    return float(np.abs(apart).max() / 2)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
