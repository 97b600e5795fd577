"""Decoder of the `mask_rcnn` family: boxes, scores and labels, each with a small mask of its box.

So answer Mask R-CNN (He et al., ICCV 2017) and its kin when exported with their post-processing:
torchvision's and detectron2's give boxes as x1, y1, x2, y2, matterport's as y1, x1, y2, x2, all in
pixels of the image that the graph was given.

A mask of 28x28 cells covers its box from edge to edge, which lie between pixels, and is sampled
bilinearly at the pixels' centres: where detectron2's `paste_masks_in_image` samples. torchvision
rounds boxes to whole pixels before; its exports have masks of the image's size, pasted by
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.detections import Detections, find
from handseg_ros.segmentation.description import OBJECT, ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import CellGrid, ResizeTransform
from handseg_ros.segmentation.hands import Box, DecodedInstances
from handseg_ros.segmentation.interpolation import upsample_in_box

BOXES, LABELS, SCORES, MASKS = "boxes", "labels", "scores", "masks"

# A mask that the graph has pasted may go beyond its box, by as much as the paste has rounded.
_PASTE_MARGIN = 2


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
    return find(detections, masks.sample, transform, description, thresholds)


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
        edges = edges + np.array([-1, -1, 1, 1]) * _PASTE_MARGIN
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


DECODER = Decoder(
    decode,
    outputs=(BOXES, LABELS, SCORES, MASKS),
    fields=("box_order", "mask_covers"),
    optional_classes=(OBJECT,),
)
