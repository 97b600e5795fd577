"""A network of every family but the project's own, in ONNX with the descriptions of the guide.

DeepLabV3 and U-Net have their original widths, the detectors are the small ones of the tests. The
weights are random: how long a network takes does not depend on them.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from support.comparing import ComparingNetwork
from support.foreign import write_description
from support.guide import example
from support.mask_rcnn import OPSET, random_mask_rcnn
from support.mask_rcnn_layouts import Matterport, Pasted, Torchvision
from support.torch_twin import picture, rgb
from support.unet import ChannelsLast
from support.yolo_seg import EndToEnd, random_yolo_seg
from torch import nn

from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.training.networks.deeplab import DeepLabV3
from handseg_ros.training.networks.unet import UNet

_HEIGHT, _WIDTH = 480, 640
_SIDE = 640  # of YOLO's input


@dataclass(frozen=True)
class ForeignNetwork:
    """A network as it is called in the table, with its description."""

    title: str
    network: nn.Module
    description: Mapping[str, Any]

    def write(self, folder: Path, number: int) -> Path:
        """Write the network, and its description beside it; return the ONNX file."""
        file = folder / f"{number}.onnx"
        wanted = self.description["input"]
        names = [wanted[role] for role in ("name", "background") if role in wanted]
        image = _empty_image(wanted)
        free = {place: axis for place, axis in enumerate(wanted["layout"]) if axis in "HW"}
        is_fixed = wanted.get("size") == "fixed"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracing exporter warns that it is old
            torch.onnx.export(
                self.network.eval(), (image,) * len(names), str(file), dynamo=False,
                opset_version=OPSET, input_names=names,
                output_names=list(self.description["outputs"].values()),
                dynamic_axes=None if is_fixed else dict.fromkeys(names, free),
            )  # fmt: skip
        write_description(file, self.description)
        return file


def foreign_networks() -> list[ForeignNetwork]:
    """Return the networks, the semantic ones first."""
    return [*_semantic(), *_detectors()]


def _semantic() -> list[ForeignNetwork]:
    hand_object = example("hand-object")
    unet, objects = UNet(1, "keras"), DeepLabV3("resnet101", 3)
    return [
        ForeignNetwork("DeepLabV3-ResNet50", DeepLabV3("resnet50", 2), example("deeplab-hands")),
        ForeignNetwork(
            "U-Net, channels last",
            ChannelsLast(nn.Sequential(unet, nn.Sigmoid())),
            example("unet-hand"),
        ),
        ForeignNetwork("DeepLabV3-ResNet101, argmax", objects, hand_object),
        ForeignNetwork("the same, softmax", objects, {**hand_object, "activation": "softmax"}),
        ForeignNetwork("three convolutions", ComparingNetwork(), example("frame-background")),
    ]


def _detectors() -> list[ForeignNetwork]:
    frame = picture(_HEIGHT, _WIDTH)
    mask_rcnn = random_mask_rcnn(2, rgb(frame))
    pasted = {**example("mask-rcnn-hands"), "mask_covers": "image"}
    matterport = Matterport(mask_rcnn, (_HEIGHT, _WIDTH))
    yolo = example("yolo-hands")
    image = RESIZE_TRANSFORMS[yolo["input"]["resize"]]((_HEIGHT, _WIDTH), (_SIDE, _SIDE)).apply(
        frame
    )
    yolo_seg = random_yolo_seg(2, rgb(image)[None])
    suppressed = {name: value for name, value in yolo.items() if name != "nms_iou_threshold"}
    return [
        ForeignNetwork(
            "small Mask R-CNN, masks of boxes", Torchvision(mask_rcnn), example("mask-rcnn-hands")
        ),
        ForeignNetwork("small Mask R-CNN, masks of the image", Pasted(mask_rcnn), pasted),
        ForeignNetwork("small Mask R-CNN, matterport", matterport, example("hand-mask-rcnn")),
        ForeignNetwork("small YOLO-seg", yolo_seg, yolo),
        ForeignNetwork("small YOLO-seg, end to end", EndToEnd(yolo_seg), suppressed),
    ]


def _empty_image(wanted: Mapping[str, Any]) -> torch.Tensor:
    """Return a black input as described."""
    sizes = {"N": 1, "C": 3, "H": wanted["height"], "W": wanted["width"]}
    kind = torch.uint8 if wanted["dtype"] == "uint8" else torch.float32
    return torch.zeros([sizes[axis] for axis in wanted["layout"]], dtype=kind)
