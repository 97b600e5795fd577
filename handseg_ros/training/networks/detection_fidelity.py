"""That a file of Mask R-CNN finds what its network finds: boxes, labels, scores and masks."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.networks.model_file import answers, differing, random_images

OUTPUTS = ("boxes", "labels", "scores", "masks")
# Boxes in pixels, scores and masks as probabilities: how far the file's may be from torch's.
_TOLERANCES = {"boxes": 0.5, "labels": 0.0, "scores": 0.01, "masks": 0.02}
# Share of the detections.
_MOST_LACKING = 0.1
# By so much the logit of the background falls until something is found.
_STEPS = (4.0, 8.0, 16.0, 32.0, 64.0)


def check_detections(
    module: nn.Module, bias: str, description: ModelDescription, written: Path, file: Path
) -> None:
    """Raise ModelError, which names `file`, where what is `written` finds other things.

    `module` gives what `OUTPUTS` names of an image uint8 (1, H, W, 3); `bias` is the name of the
    logits' bias, of which the background's is the first. A network that finds nothing in pictures
    without meaning is made to find something for this, and the graph with it.
    """
    images = random_images(description)
    wanted = _found(module, images)
    compare_detections(answers(written, description, images), wanted, file)
    if len(wanted[0]):
        return
    eager = copy.deepcopy(module)
    for step in _STEPS:
        with torch.no_grad():
            eager.get_parameter(bias)[0] -= step
        wanted = _found(eager, images)
        if len(wanted[0]):
            break
    else:
        raise differing(file, "it finds nothing, whatever the picture")
    edited = written.with_name(f"{written.name}.eager")
    try:
        _write_with(written, bias, eager.get_parameter(bias), edited)
        compare_detections(answers(edited, description, images), wanted, file)
    finally:
        edited.unlink(missing_ok=True)


def compare_detections(
    found: Sequence[np.ndarray], wanted: Sequence[np.ndarray], file: Path
) -> None:
    """Raise ModelError where more than a few detections have no equal among the others.

    Where scores are equal but for a rounding, suppression keeps another of two boxes.
    """
    alike = np.ones((len(found[0]), len(wanted[0])), bool)
    for name, own, other in zip(OUTPUTS, found, wanted, strict=True):
        numbers = math.prod(other.shape[1:])
        first, second = own.reshape(-1, 1, numbers), other.reshape(1, -1, numbers)
        apart = np.abs(first.astype(np.float32) - second).max(axis=2, initial=0)
        alike &= apart <= _TOLERANCES[name]
    lacking = int((~alike.any(axis=1)).sum() + (~alike.any(axis=0)).sum())
    total = sum(alike.shape)
    if lacking > _MOST_LACKING * total:
        raise differing(file, f"{lacking} of {total} detections are in one of both alone")


def _found(module: nn.Module, images: Sequence[Tensor]) -> list[np.ndarray]:
    with torch.no_grad():
        return [value.numpy() for value in module(*images)]


def _write_with(file: Path, name: str, value: Tensor, target: Path) -> None:
    """Write a graph with another value of one of its weights."""
    model = onnx.load(str(file))
    weight = next((item for item in model.graph.initializer if item.name == name), None)
    if weight is None:
        raise ModelError(f"{file} has no weight '{name}': use another version of torch")
    weight.CopyFrom(numpy_helper.from_array(value.detach().numpy(), name))
    onnx.save(model, str(target))
