"""Mask R-CNN as a task: what it learns of samples, its published weights, its file."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from handseg_ros.media.atomic_files import replacing
from handseg_ros.segmentation.description import (
    BACKGROUND,
    HAND,
    LEFT_HAND,
    RIGHT_HAND,
    ModelDescription,
)
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.validation import StrictFields
from handseg_ros.training.field_types import Count
from handseg_ros.training.networks.detection.roi_heads import UNKNOWN_LABEL
from handseg_ros.training.networks.detection_fidelity import OUTPUTS, check_detections
from handseg_ros.training.networks.mask_rcnn import MaskRcnn
from handseg_ros.training.networks.model_file import described, pixels_input, write_graph
from handseg_ros.training.networks.resnet import Depth, FrozenBatchNorm2d
from handseg_ros.training.networks.task import Inputs, LoadedWeights, ModelFacts, Targets
from handseg_ros.training.networks.tensors import imagenet_normalised, stacked_images
from handseg_ros.training.networks.weights import load_matching, read_weights
from handseg_ros.training.samples import IGNORE, PART, Sample

HandClasses = Literal["hand", "left_right"]
_CLASSES: Mapping[HandClasses, tuple[str, ...]] = {
    "hand": (BACKGROUND, HAND),
    "left_right": (BACKGROUND, LEFT_HAND, RIGHT_HAND),
}
_SIDES = {Side.LEFT: 1, Side.RIGHT: 2, Side.UNKNOWN: UNKNOWN_LABEL}
# The layer of the classes' logits.
LOGITS = "roi_heads.box_predictor.cls_score"
# Published weights have names of the first release of torchvision's.
_RENAMED = (
    (re.compile(r"rpn\.head\.conv\.(weight|bias)"), r"rpn.head.conv.0.0.\1"),
    (re.compile(r"(backbone\.fpn\.\w+_blocks\.\d)\.(weight|bias)"), r"\1.0.\2"),
    (
        re.compile(r"roi_heads\.mask_head\.mask_fcn(\d)\.(weight|bias)"),
        lambda found: f"roi_heads.mask_head.{int(found[1]) - 1}.0.{found[2]}",
    ),
)


@dataclass(frozen=True)
class MaskRcnnConfig(StrictFields):
    """`classes`: hand, or left and right hand.

    `batch_norm`: frozen for weights that are published, whose statistics stay; trained for random
    ones. The widths are those of ResNet's first layer, the pyramid and the box head; published
    weights need 64, 256 and 1024.
    """

    classes: HandClasses = "hand"
    batch_norm: Literal["trained", "frozen"] = "trained"
    width: Count = 64
    pyramid_width: Count = 256
    box_width: Count = 1024


@dataclass(frozen=True)
class MaskRcnnTask:
    """Mask R-CNN learns the boxes, classes and masks of hands."""

    depth: Depth
    config: MaskRcnnConfig
    multiple_of: int = 32
    takes_background: bool = False

    @property
    def name(self) -> str:
        """The network's name in the registry."""
        return f"maskrcnn_{self.depth}_fpn"

    def build(self) -> MaskRcnn:
        """Return the network with random weights."""
        norm = nn.BatchNorm2d if self.config.batch_norm == "trained" else FrozenBatchNorm2d
        config = self.config
        widths = config.width, config.pyramid_width, config.box_width
        return MaskRcnn(self.depth, len(_CLASSES[config.classes]), norm, *widths)

    def load(self, module: nn.Module, file: Path, samples: Sequence[Sample] = ()) -> LoadedWeights:
        """Take a checkpoint, weights of torchvision's Mask R-CNN, or of its ResNet."""
        return load_matching(module, _renamed(read_weights(file)), file)

    def parts(self, module: nn.Module) -> Mapping[str, nn.Module]:
        """Return the ResNet, the pyramid and the heads."""
        names = {"encoder": "backbone.body", "pyramid": "backbone.fpn", "proposals": "rpn"}
        parts = {part: module.get_submodule(name) for part, name in names.items()}
        return {**parts, "heads": module.get_submodule("roi_heads")}

    def prepare(self, samples: Sequence[Sample]) -> tuple[Inputs, Targets]:
        """Return images uint8 (N, H, W, 3), and what `MaskRcnn` wants to know of them."""
        known = [hand_boxes(sample, self.config.classes) for sample in samples]
        most = max(len(labels) for _, labels, _ in known)
        height, width = samples[0].ids.shape
        boxes = np.zeros((len(samples), most, 4), np.float32)
        labels = np.zeros((len(samples), most), np.int64)
        masks = np.zeros((len(samples), most, height, width), np.uint8)
        for index, own in enumerate(known):
            count = len(own[1])
            boxes[index, :count], labels[index, :count], masks[index, :count] = own
        unknown = np.stack([np.isin(sample.ids, (PART, IGNORE)) for sample in samples])
        targets = {"boxes": boxes, "labels": labels, "masks": masks}
        targets["unknown"] = unknown.astype(np.uint8)
        tensors = {name: torch.from_numpy(values) for name, values in targets.items()}
        return (stacked_images(samples),), tensors

    def loss(self, module: nn.Module, inputs: Inputs, targets: Targets) -> dict[str, Tensor]:
        """Return the five losses of torchvision's, by its names."""
        losses: dict[str, Tensor] = module(imagenet_normalised(inputs[0]), targets)
        return losses

    def describe(self, facts: ModelFacts) -> ModelDescription:
        """Return the description of a file of the family `mask_rcnn`, of one size of input."""
        return described(
            facts,
            family="mask_rcnn",
            classes=_CLASSES[self.config.classes],
            input=pixels_input(facts, self.multiple_of, "letterbox", size="fixed"),
            outputs={name: name for name in OUTPUTS},
            output_layout="NCHW",
            box_order="xyxy",
            mask_covers="box",
        )

    def export(self, module: nn.Module, description: ModelDescription, file: Path) -> None:
        """Write the file, which has ONNX's own operators for regions and suppression."""
        whole = OneImage(module).eval()
        axes = {name: {0: "detections"} for name in OUTPUTS}
        with replacing(file) as partial:
            write_graph(whole, description.input.names, OUTPUTS, axes, description, partial)
            check_detections(whole, f"network.{LOGITS}.bias", description, partial, file)


class OneImage(nn.Module):
    """Mask R-CNN for an image uint8 (1, H, W, 3)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        found: tuple[Tensor, ...] = self.network(imagenet_normalised(image))[0]
        return found


def hand_boxes(sample: Sample, classes: HandClasses) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return boxes float32 (M, 4), labels int64 (M,) and masks uint8 (M, H, W) of the hands."""
    boxes, labels, masks = [], [], []
    for number, side in enumerate(sample.sides, start=1):
        mask = (sample.ids == number).astype(np.uint8)
        x, y, width, height = cv2.boundingRect(mask)
        if width:
            boxes.append((x, y, x + width, y + height))
            labels.append(1 if classes == "hand" else _SIDES[side])
            masks.append(mask)
    shape = sample.ids.shape
    return (
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(labels, np.int64),
        np.array(masks, np.uint8).reshape(-1, *shape),
    )


def _renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    prefix = "backbone.body." if "conv1.weight" in weights else ""
    renamed = {}
    for name, value in weights.items():
        new = prefix + name
        for pattern, text in _RENAMED:
            if pattern.fullmatch(new):
                new = pattern.sub(text, new)
        renamed[new] = value
    return renamed
