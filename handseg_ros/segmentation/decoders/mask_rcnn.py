"""Decoder of the `mask_rcnn` family: boxes, scores and labels, each with a small mask of its box.

So answer Mask R-CNN (He et al., ICCV 2017) and its kin when exported with their post-processing:
torchvision's and detectron2's give boxes as x1, y1, x2, y2, matterport's as y1, x1, y2, x2, all in
pixels of the image that the graph was given.

A mask of 28x28 cells covers its box from edge to edge, which lie between pixels, and is sampled
bilinearly at the pixels' centres: where detectron2's `paste_masks_in_image` samples. torchvision
rounds boxes to whole pixels before; its exports have masks of the image's size, pasted by
themselves.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.detection import DecoderMatch, InferredField, class_orders
from handseg_ros.segmentation.decoders.detections import Detections, find_instances
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
from handseg_ros.segmentation.description import (
    OBJECT,
    InputDescription,
    ModelDescription,
    Resize,
    Thresholds,
)
from handseg_ros.segmentation.geometry import CellGrid, ResizeTransform
from handseg_ros.segmentation.hands import Box, DecodedInstances
from handseg_ros.segmentation.interpolation import upsample_in_box

BOXES, LABELS, SCORES, MASKS = "boxes", "labels", "scores", "masks"

# A mask that the graph has pasted may go beyond its box, by as much as the paste has rounded.
PASTE_MARGIN = 2


def decode(
    outputs: dict[str, np.ndarray],
    transform: ResizeTransform,
    description: ModelDescription,
    thresholds: Thresholds,
) -> DecodedInstances:
    """Return the hands of one frame, and its objects where the description names such.

    `outputs` are `boxes` (N, 4), `labels` (N,) and `scores` (N,) of any number type, and `masks`,
    probabilities: (N, rows, columns), or with a channel, or one for each class, where
    `output_layout` says. Raises ValueError when they are no such, and ModelError for a label
    without a class.
    """
    detections = _detections(outputs, transform, description)
    planes = _planes(outputs, detections, description)
    _check_size(planes.size, transform, description)
    masks: BoxMasks | ImageMasks
    if description.mask_covers == "box":
        masks = BoxMasks(planes, detections.edges, thresholds.mask)
    else:
        masks = ImageMasks(planes, transform.grid(*planes.size), thresholds.mask)
    return find_instances(detections, masks.sample, transform, description, thresholds)


@dataclass(frozen=True)
class Planes:
    """The mask of each detection: `channels` (N,) of `values` (N, channels, rows, columns)."""

    values: np.ndarray
    channels: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a mask."""
        return self.values.shape[2], self.values.shape[3]

    def part(self, index: int, window: tuple[slice, slice]) -> np.ndarray:
        """Return a part of a detection's mask, float32 (rows, columns)."""
        plane = self.values[index, self.channels[index]]
        return np.ascontiguousarray(plane[window], np.float32)


@dataclass(frozen=True)
class BoxMasks:
    """Masks that cover the boxes between `edges`, (N, 4) in the frame."""

    planes: Planes
    edges: np.ndarray
    threshold: float

    def sample(self, index: int, box: Box) -> np.ndarray:
        """Return a detection's pixels in a box: bool (box.height, box.width)."""
        cells = self.planes.part(index, (slice(None), slice(None)))
        return upsample_in_box(cells, self.edges[index], box) > self.threshold


@dataclass(frozen=True)
class ImageMasks:
    """Masks that cover the whole image, whose cells `grid` maps to the frame."""

    planes: Planes
    grid: CellGrid
    threshold: float

    def sample(self, index: int, box: Box) -> np.ndarray:
        """Return a detection's pixels in a box: bool (box.height, box.width)."""
        rows, columns = self.grid.window(box)
        seen = Planes(self.grid.seen(self.planes.values), self.planes.channels)
        cells = seen.part(index, (rows, columns))
        return self.grid.upsample(cells, (rows.start, columns.start), box) > self.threshold


def _detections(
    outputs: dict[str, np.ndarray], transform: ResizeTransform, description: ModelDescription
) -> Detections:
    count = len(outputs[BOXES])
    for role, shape in ((BOXES, (count, 4)), (SCORES, (count,)), (LABELS, (count,))):
        if outputs[role].shape != shape:
            raise ValueError(
                f"output '{description.outputs[role]}' has the shape {outputs[role].shape}, but "
                f"the {role} of {count} detections need {shape}"
            )
    boxes = outputs[BOXES].astype(np.float64)
    edges = boxes[:, (1, 0, 3, 2)] if description.box_order == "yxyx" else boxes
    if description.mask_covers == "image":
        edges = edges + np.array([-1, -1, 1, 1]) * PASTE_MARGIN
    in_frame = transform.edges_in_frame(edges)
    scores = outputs[SCORES].astype(np.float32)
    return Detections(in_frame, scores, outputs[LABELS].astype(np.int64))


def _planes(
    outputs: dict[str, np.ndarray], detections: Detections, description: ModelDescription
) -> Planes:
    """Return the masks with their channels in front, of which each detection has its class's."""
    values, count = outputs[MASKS], len(detections.labels)
    if values.ndim == 3:
        values = values[:, None]
    elif description.output_layout == "NHWC" and values.ndim == 4:
        values = values.transpose(0, 3, 1, 2)
    channels = (1, len(description.classes))
    if values.ndim != 4 or len(values) != count or values.shape[1] not in channels:
        raise ValueError(
            f"output '{description.outputs[MASKS]}' has the shape {outputs[MASKS].shape}, but the "
            f"masks of {count} detections need {count}, rows and columns, and, where they have "
            f"channels, one or {channels[1]} where output_layout ({description.output_layout}) says"
        )
    own = detections.labels if values.shape[1] > 1 else np.zeros(count, np.int64)
    return Planes(values, own)


def _check_size(
    size: tuple[int, int], transform: ResizeTransform, description: ModelDescription
) -> None:
    input_size = transform.input_height, transform.input_width
    covered = "image" if size == input_size else "box"
    if covered != description.mask_covers:
        raise ValueError(
            f"output '{description.outputs[MASKS]}' has masks of {size[1]}x{size[0]} for an image "
            f"of {input_size[1]}x{input_size[0]}, which is mask_covers: {covered}"
        )


def detect(outputs: NetworkOutputs, image: InputDescription) -> DecoderMatch | None:
    """Match boxes (N, 4), labels and scores (N,) and masks (N, ...)."""
    roles = _roles(outputs)
    if roles is None:
        return None
    shape = outputs[roles[MASKS]].shape
    axes, count = len(shape), outputs[roles[BOXES]].shape[0]
    last = axes == 4 and shape[1] == shape[2] != shape[3]
    size = shape[1:3] if axes == 3 or last else shape[2:]
    cover = "image" if size == (image.height, image.width) else "box"
    why = f"the {count} masks of the picture have {size[1]}x{size[0]} cells"
    details = [_box_order(roles[BOXES]), InferredField("mask_covers", cover, why)]
    channels = 1
    if axes == 4:
        channels = shape[3 if last else 1]
        layout = "NHWC" if last else "NCHW"
        details.append(InferredField("output_layout", layout, f"the masks have the shape {shape}"))
    classes = max(2, channels, 1 + int(outputs[roles[LABELS]].highest))
    is_whole = (image.size, image.dtype, image.multiple_of) == ("free", "uint8", 1)
    resize: Resize = "none" if is_whole else "letterbox"
    reason, orders = "it gives boxes, labels, scores and masks", class_orders(classes, 1)
    return DecoderMatch("mask_rcnn", reason, roles, orders, tuple(details), resize, "unit")


def _roles(outputs: NetworkOutputs) -> dict[str, str] | None:
    """Return the outputs' names by their role, None where they are not those of Mask R-CNN."""
    found: dict[str, str] = {}
    for name, statistics in outputs.items():
        axes, is_whole = len(statistics.shape), statistics.dtype.kind in "iu"
        if axes == 2 and statistics.shape[1] == 4:
            found[BOXES] = name
        elif axes == 1:
            # matterport's exports may give labels as floats, which their name tells.
            is_label = is_whole or any(word in name.lower() for word in ("class", "label"))
            found[LABELS if is_label else SCORES] = name
        elif axes in (3, 4):
            found[MASKS] = name
    roles = (BOXES, LABELS, SCORES, MASKS)
    if set(found) != set(roles) or len({outputs[name].shape[0] for name in found.values()}) != 1:
        return None
    return {role: found[role] for role in roles}


def _box_order(name: str) -> InferredField:
    is_matterport = "roi" in name.lower()
    why = f"so give it networks that call them '{name}'"
    remedy = "change it in the description"
    return InferredField("box_order", "yxyx" if is_matterport else "xyxy", why, remedy)


DECODER = Decoder(
    decode,
    detect,
    outputs=(BOXES, LABELS, SCORES, MASKS),
    fields=("box_order", "mask_covers"),
    optional_classes=(OBJECT,),
)
