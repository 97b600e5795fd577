"""What torchvision calls its files of weights that a network can begin with.

Names: https://github.com/pytorch/vision, torchvision/models; the end of each is the begin of the
file's own SHA-256. Those of a ResNet or MobileNetV2 alone fill the encoder.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

TrainedOn = Literal["coco", "imagenet"]

# The first recipe comes first: it is what torchvision's own networks for detection begin with.
_RESNET50 = ("resnet50-0676ba61.pth", "resnet50-19c8e357.pth", "resnet50-11ad3fa6.pth")
_RESNET101 = ("resnet101-63fe2227.pth", "resnet101-5d3b4d8f.pth", "resnet101-cd907fc2.pth")

# By the network's name and what it was trained on; any of several files will do.
PUBLISHED: Mapping[str, Mapping[TrainedOn, tuple[str, ...]]] = {
    "deeplabv3_resnet50": {
        "coco": ("deeplabv3_resnet50_coco-cd0a2569.pth",),
        "imagenet": _RESNET50,
    },
    "deeplabv3_resnet101": {
        "coco": ("deeplabv3_resnet101_coco-586e9e4e.pth",),
        "imagenet": _RESNET101,
    },
    "maskrcnn_resnet50_fpn": {
        "coco": ("maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",),
        "imagenet": _RESNET50,
    },
    "maskrcnn_resnet101_fpn": {"imagenet": _RESNET101},
    "unet_mobilenetv2": {"imagenet": ("mobilenet_v2-b0353104.pth", "mobilenet_v2-7ebf99e0.pth")},
}
