"""What a Mask R-CNN is exported as: the outputs of torchvision, detectron2 and matterport."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from support.mask_rcnn import MaskRcnn
from torch import nn
from torch.nn import functional


def own_masks(masks: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return each detection's mask of its own class, (N, 1, rows, columns)."""
    places = labels[:, None, None, None].expand(-1, 1, *masks.shape[2:])
    return masks.gather(1, places)


class Torchvision(nn.Module):
    """The layout of torchvision's and detectron2's networks: masks of their boxes."""

    def __init__(self, network: MaskRcnn) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return boxes, labels, scores and masks (N, 1, 28, 28) of (3, H, W)."""
        boxes, labels, scores, masks = self.network(image)
        return boxes, labels, scores, own_masks(masks, labels)


class Pasted(Torchvision):
    """The same, the masks pasted into images of the input's size."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return boxes, labels, scores and masks (N, 1, H, W) of (3, H, W)."""
        boxes, labels, scores, masks = super().forward(image)
        x = torch.ones_like(image[0]).cumsum(dim=1) - 0.5
        y = torch.ones_like(image[0]).cumsum(dim=0) - 0.5
        left, top, right, bottom = boxes.t()[:, :, None, None]
        places = torch.stack([(x - left) / (right - left), (y - top) / (bottom - top)], dim=3)
        pasted = functional.grid_sample(masks, places * 2 - 1, align_corners=False)
        return boxes, labels, scores, pasted


class Matterport(nn.Module):
    """The layout of hand_mask_rcnn: an image of any size, boxes as y1, x1, y2, x2 in its pixels.

    `size` is the (height, width) at which its network looks at the image.
    """

    def __init__(self, network: MaskRcnn, size: tuple[int, int]) -> None:
        super().__init__()
        self.network, self.size = network, size

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return int32 boxes, labels, scores, masks (N, 28, 28, classes) of uint8 (H, W, 3)."""
        planes = image.permute(2, 0, 1).float() / 255
        resized = functional.interpolate(
            planes[None], self.size, mode="bilinear", align_corners=False
        )
        boxes, labels, scores, masks = self.network(resized[0])
        ones = torch.ones_like(planes[0])
        scale = torch.stack([ones[:, 0].sum() / self.size[0], ones[0].sum() / self.size[1]])
        rois = (boxes[:, [1, 0, 3, 2]] * torch.cat([scale, scale])).round().to(torch.int32)
        return rois, labels.to(torch.int32), scores, masks.permute(0, 2, 3, 1)


class MatterportBatch(Matterport):
    """The same for (1, H, W, 3), with the masks of the detections' own classes alone."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the same, masks as (N, 28, 28)."""
        rois, labels, scores, masks = super().forward(image[0])
        return rois, labels, scores, own_masks(masks.permute(0, 3, 1, 2), labels.long())[:, 0]
