"""DeepLabV3, U-Net and the frame-and-background network as tasks: what can be chosen of each."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.validation import StrictFields
from handseg_ros.training.field_types import Count
from handseg_ros.training.networks.deeplab import DeepLabV3
from handseg_ros.training.networks.frame_background import MULTIPLE_OF, FrameBackgroundNet
from handseg_ros.training.networks.keras_weights import (
    is_mobilenet_v2,
    under_torchvision_s_names,
)
from handseg_ros.training.networks.resnet import Depth
from handseg_ros.training.networks.semantic import CLASSES, PixelClasses, SemanticTask
from handseg_ros.training.networks.tensors import imagenet_normalised, symmetric, unit_scaled
from handseg_ros.training.networks.unet import KERAS_MARK, Arithmetic, MobileNetV2, UNet


@dataclass(frozen=True)
class DeepLabConfig(StrictFields):
    """`classes`: hand, or hand and object. `auxiliary`: a second head that learns from the middle.

    `width` is that of ResNet's first layer; published weights need 64.
    """

    classes: PixelClasses = "hand"
    auxiliary: bool = False
    width: Count = 64


@dataclass(frozen=True)
class UNetConfig(StrictFields):
    """`classes`: hand, or hand and object. `encoder`: whose weights it can begin with.

    Torchvision's and Keras' MobileNetV2 differ in padding, in a constant of their normalisation and
    in what they take of a picture.
    """

    classes: PixelClasses = "hand"
    encoder: Arithmetic = "torchvision"


@dataclass(frozen=True)
class FrameBackgroundConfig(StrictFields):
    """`widths` are the channels at the full size, a half, a quarter and an eighth."""

    widths: tuple[Count, Count, Count, Count] = (24, 48, 96, 192)


def deeplab(depth: Depth, config: DeepLabConfig) -> SemanticTask:
    """Return the task of DeepLabV3 on a ResNet."""
    classes = len(CLASSES[config.classes])
    return SemanticTask(
        f"deeplabv3_{depth}",
        config.classes,
        partial(DeepLabV3, depth, classes, config.auxiliary, config.width),
        imagenet_normalised,
        Below("backbone.", "conv1.weight"),
        "backbone",
        multiple_of=1,
    )


def unet(config: UNetConfig) -> SemanticTask:
    """Return the task of the U-Net on MobileNetV2."""
    make = partial(UNet, len(CLASSES[config.classes]), config.encoder)
    normalise = symmetric if config.encoder == "keras" else imagenet_normalised
    renamed = MobileNetV2Weights(config.encoder)
    return SemanticTask("unet_mobilenetv2", config.classes, make, normalise, renamed, "encoder", 32)


def frame_background(config: FrameBackgroundConfig) -> SemanticTask:
    """Return the task of the network that compares frame and background."""
    make = partial(FrameBackgroundNet, len(CLASSES["hand"]), config.widths)
    return SemanticTask(
        "frame_background", "hand", make, unit_scaled, Below("", ""), "encoder", MULTIPLE_OF, True
    )


@dataclass(frozen=True)
class Below:
    """Puts a prefix before the names of a classifier's weights, known by the name of the first."""

    prefix: str
    first: str

    def __call__(self, weights: Mapping[str, Tensor], file: Path) -> Mapping[str, Tensor]:
        if self.first not in weights:
            return weights
        return {self.prefix + name: value for name, value in weights.items()}


@dataclass(frozen=True)
class MobileNetV2Weights:
    """Gives weights of a MobileNetV2, torchvision's or Keras', the names of the U-Net's encoder.

    Raises ModelError for those of the other arithmetic, whose answers would be others.
    """

    arithmetic: Arithmetic

    def __call__(self, weights: Mapping[str, Tensor], file: Path) -> Mapping[str, Tensor]:
        below = Below("encoder.", "features.0.0.weight")
        if is_mobilenet_v2(weights):
            self._check("keras", "Keras'", file)
            with torch.device("meta"):
                own = MobileNetV2().state_dict()
            weights = under_torchvision_s_names(weights, own, file)
            weights = {**weights, KERAS_MARK: torch.ones(())}
        elif below.first in weights:
            self._check("torchvision", "torchvision's", file)
        elif below.prefix + below.first in weights:
            is_keras = below.prefix + KERAS_MARK in weights
            self._check("keras" if is_keras else "torchvision", "of a run with", file)
        return below(weights, file)

    def _check(self, wanted: Arithmetic, whose: str, file: Path) -> None:
        if self.arithmetic != wanted:
            raise ModelError(
                f"{file} is {whose} MobileNetV2, in the arithmetic of '{wanted}', and the "
                f"configuration's encoder is of '{self.arithmetic}', which pads and normalises "
                f"otherwise: say 'encoder: {wanted}' in network, or give another file"
            )
