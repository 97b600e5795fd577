"""The networks that `network.name` of a training configuration can name."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from handseg_ros.segmentation.invalid_field import not_allowed
from handseg_ros.segmentation.validation import StrictFields, read_as
from handseg_ros.training.networks.hands import HandsConfig, HandsTask
from handseg_ros.training.networks.hands_int8 import HandsInt8Config, HandsInt8Task
from handseg_ros.training.networks.mask_rcnn_task import MaskRcnnConfig, MaskRcnnTask
from handseg_ros.training.networks.semantic_networks import (
    DeepLabConfig,
    FrameBackgroundConfig,
    UNetConfig,
    deeplab,
    frame_background,
    unet,
)
from handseg_ros.training.networks.task import TrainingTask


@dataclass(frozen=True)
class NetworkFactory:
    """How a network's task is made from its configuration, a dataclass of the type `config`."""

    config: type[StrictFields]
    make: Callable[[Any], TrainingTask]


NETWORKS: Mapping[str, NetworkFactory] = {
    "hands": NetworkFactory(HandsConfig, HandsTask),
    "hands_int8": NetworkFactory(HandsInt8Config, HandsInt8Task),
    "deeplabv3_resnet50": NetworkFactory(DeepLabConfig, partial(deeplab, "resnet50")),
    "deeplabv3_resnet101": NetworkFactory(DeepLabConfig, partial(deeplab, "resnet101")),
    "maskrcnn_resnet50_fpn": NetworkFactory(MaskRcnnConfig, partial(MaskRcnnTask, "resnet50")),
    "maskrcnn_resnet101_fpn": NetworkFactory(MaskRcnnConfig, partial(MaskRcnnTask, "resnet101")),
    "unet_mobilenetv2": NetworkFactory(UNetConfig, unet),
    "frame_background": NetworkFactory(FrameBackgroundConfig, frame_background),
}


def make_task(name: str, fields: Mapping[str, Any]) -> TrainingTask:
    """Return the task of a network of this name, with its fields of a configuration.

    Raises ValueError that names the field that is not allowed.
    """
    factory = NETWORKS.get(name)
    if factory is None:
        raise not_allowed(name, f"one of {', '.join(NETWORKS)}", "name")
    return factory.make(read_as(factory.config, fields))
