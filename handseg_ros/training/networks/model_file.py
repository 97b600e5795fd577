"""Model files of trained networks: their descriptions, and that they answer as the network does."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper
from torch import Tensor, nn

from handseg_ros.media.atomic_files import replacing
from handseg_ros.segmentation.description import (
    METADATA_KEY,
    InputDescription,
    ModelDescription,
    Resize,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.export import IR_VERSION, OPSET
from handseg_ros.training.networks.task import ModelFacts

# Of the spread of an output's values: how far the file's may be from torch's, which adds up in
# another order.
_TOLERANCE = 0.01


def described(facts: ModelFacts, **own: Any) -> ModelDescription:
    """Return a description of the facts, and of what the network decides: `own` fields."""
    return ModelDescription(
        name=facts.name,
        version=facts.version,
        thresholds=facts.thresholds,
        licence=facts.licence,
        data_licence=facts.data_licence,
        training_data=facts.training_data,
        scores=facts.scores,
        intended_use=facts.intended_use.strip(),
        limits=facts.limits.strip(),
        **own,
    )


def pixels_input(
    facts: ModelFacts,
    multiple_of: int,
    resize: Resize,
    background: str | None = None,
    size: Literal["free", "fixed"] = "free",
) -> InputDescription:
    """Return the description of an input of uint8 (N, H, W, 3), RGB."""
    return InputDescription(
        name="image",
        layout="NHWC",
        dtype="uint8",
        colour="RGB",
        width=facts.width,
        height=facts.height,
        multiple_of=multiple_of,
        resize=resize,
        background=background,
        size=size,
    )


def write_graph(
    module: nn.Module,
    inputs: Sequence[str],
    outputs: Sequence[str],
    axes: Mapping[str, Mapping[int, str]],
    description: ModelDescription,
    file: Path,
) -> None:
    """Write a module that takes images uint8 (1, H, W, 3), one for each name of `inputs`.

    `axes` are those of which the size stays free, by input and output.
    """
    shape = 1, description.input.height, description.input.width, 3
    images = tuple(torch.zeros(shape, dtype=torch.uint8) for _ in inputs)
    with warnings.catch_warnings():
        # The tracing exporter warns that it is old.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), images, str(file), dynamo=False, opset_version=OPSET,
            input_names=list(inputs), output_names=list(outputs),
            dynamic_axes={name: dict(names) for name, names in axes.items()},
        )  # fmt: skip
    model = onnx.load(str(file))
    model.ir_version = IR_VERSION
    helper.set_model_props(model, {METADATA_KEY: description.to_yaml()})
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


@contextmanager
def compared(
    module: nn.Module,
    description: ModelDescription,
    file: Path,
    tolerance: float = _TOLERANCE,
    measure: Callable[[np.ndarray], np.floating[Any]] = np.max,
) -> Iterator[Path]:
    """Yield where to write a file that gets its name once it answers as the module does.

    The module takes an image uint8 (1, H, W, 3) for each input and gives one tensor, which must be
    the file's first output. `measure` says of all absolute differences how far that is; raises
    ModelError where it is more than `tolerance` times the values' spread.
    """
    with replacing(file) as partial:
        yield partial
        images = random_images(description)
        found = answers(partial, description, images)[0]
        with torch.no_grad():
            wanted = module.eval()(*images).float().numpy()
        if found.shape != wanted.shape:
            raise differing(file, f"{found.shape} in place of {wanted.shape}")
        spread = max(float(wanted.std()), 1e-6)
        away = float(measure(np.abs(found - wanted))) / spread
        if not away <= tolerance:
            raise differing(file, f"by {away:.2g} of the values' spread, {tolerance:g} is allowed")


def random_images(description: ModelDescription) -> tuple[Tensor, ...]:
    """Return an image for each input of a description, always the same, with edges and areas."""
    rng = np.random.default_rng(0)
    height, width = description.input.height, description.input.width
    images = []
    for _ in description.input.names:
        coarse = rng.integers(0, 256, (1, -(-height // 16), -(-width // 16), 3))
        blocks = coarse.repeat(16, axis=1).repeat(16, axis=2)[:, :height, :width]
        noise = rng.integers(-20, 21, blocks.shape)
        images.append(torch.from_numpy(np.clip(blocks + noise, 0, 255).astype(np.uint8)))
    return tuple(images)


def answers(
    file: Path, description: ModelDescription, images: Sequence[Tensor]
) -> list[np.ndarray]:
    """Return what a file gives of images."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    named = zip(description.input.names, images, strict=True)
    found: list[np.ndarray] = session.run(None, {name: image.numpy() for name, image in named})
    return found


def differing(file: Path, how: str) -> ModelError:
    """Return the error of a file that does not answer as the network does."""
    return ModelError(
        f"the model file {file} was not written, as it differs from the network that it is of "
        f"({how}): train in float32 for some more steps, or give another size of the input"
    )
