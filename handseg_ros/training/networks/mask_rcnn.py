"""Mask R-CNN on a ResNet with a feature pyramid, under the names of `maskrcnn_resnet50_fpn`.

After He et al., "Mask R-CNN" (ICCV 2017) and Lin et al., "Feature Pyramid Networks" (CVPR 2017), as
torchvision builds them. Images have one size, which whoever calls chooses: torchvision's shorter
side of 800 pixels is not enforced.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn import functional

from handseg_ros.training.networks.detection.known import Known
from handseg_ros.training.networks.detection.proposals import ProposalNetwork
from handseg_ros.training.networks.detection.roi_heads import Pyramid, RoiHeads
from handseg_ros.training.networks.resnet import Depth, Norm, ResNet

# Found: boxes (K, 4), labels (K,), scores (K,) and masks (K, 1, 28, 28).
Found = tuple[Tensor, Tensor, Tensor, Tensor]


class FeaturePyramid(nn.Module):
    """The layers' features with as many channels each, the deep ones added to the others."""

    def __init__(self, channels: Sequence[int], after: int) -> None:
        super().__init__()
        self.inner_blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, after, 1)) for before in channels
        )
        self.layer_blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(after, after, 3, 1, 1)) for _ in channels
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, a=1)
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, layers: Sequence[Tensor]) -> list[Tensor]:
        """Return the levels from fine to coarse, and one more of half the size of the last."""
        sides = [block(layer) for block, layer in zip(self.inner_blocks, layers, strict=True)]
        for index in range(len(sides) - 2, -1, -1):
            size = sides[index].shape[-2:]
            sides[index] = sides[index] + functional.interpolate(sides[index + 1], size)
        levels = [block(side) for block, side in zip(self.layer_blocks, sides, strict=True)]
        return [*levels, functional.max_pool2d(levels[-1], 1, 2)]


class Backbone(nn.Module):
    """ResNet and its pyramid."""

    def __init__(self, depth: Depth, norm: Norm, width: int, channels: int) -> None:
        super().__init__()
        self.body = ResNet(depth, norm=norm, width=width)
        self.fpn = FeaturePyramid(self.body.channels, channels)

    def forward(self, image: Tensor) -> list[Tensor]:
        levels: list[Tensor] = self.fpn(self.body(image))
        return levels


class MaskRcnn(nn.Module):
    """Images (N, 3, H, W), normalised as for ImageNet, become what is found in each.

    H and W are multiples of 32. With `known` it returns losses in its place: `boxes` (N, M, 4),
    `labels` (N, M), 0 where there are no more, `masks` uint8 (N, M, H, W), and `unknown` uint8
    (N, H, W), 1 where nobody knows of hands. `width` is that of ResNet's first layer, `channels`
    that of the pyramid, `hidden` that of the box head.
    """

    def __init__(
        self,
        depth: Depth,
        classes: int,
        norm: Norm = nn.BatchNorm2d,
        width: int = 64,
        channels: int = 256,
        hidden: int = 1024,
    ) -> None:
        super().__init__()
        self.backbone = Backbone(depth, norm, width, channels)
        self.rpn = ProposalNetwork(channels)
        self.roi_heads = RoiHeads(channels, hidden, classes)

    def forward(
        self, image: Tensor, known: Mapping[str, Tensor] | None = None
    ) -> list[Found] | dict[str, Tensor]:
        levels: list[Tensor] = self.backbone(image)
        size = image.shape[2], image.shape[3]
        images = None if known is None else _separate(known)
        proposals, losses = self.rpn(size, levels, images)
        pyramid = Pyramid(levels[:-1], size)
        if images is not None:
            return {**losses, **self.roi_heads.losses(pyramid, proposals, images)}
        return [
            self.roi_heads.find(Pyramid([level[k : k + 1] for level in levels[:-1]], size), own)
            for k, own in enumerate(proposals)
        ]


def _separate(known: Mapping[str, Tensor]) -> list[Known]:
    names = ("boxes", "labels", "masks", "unknown")
    images = []
    for boxes, labels, masks, unknown in zip(*(known[name] for name in names), strict=True):
        own = labels != 0
        images.append(Known(boxes[own], labels[own], masks[own], unknown))
    return images
