"""A small network with a mask for each query in plain torch, for tests of detectors.

`RfDetrSeg` has the outputs of RF-DETR-seg's exports, `RtmdetIns` those of RTMDet-Ins's: the same
queries, of which the latter gives the best class alone, and masks at the image's size. All of it is
narrow, and the weights are random.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

QUERIES = 12
_WIDTH = 16
STRIDE = 4


class RfDetrSeg(nn.Module):
    """An image (1, 3, H, W) becomes boxes, class logits and mask logits of each query.

    That is (1, 12, 4), centre and size as shares of the image, (1, 12, classes), and
    (1, 12, H / 4, W / 4).
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, _WIDTH, 5, 2, 2), nn.ReLU(), nn.Conv2d(_WIDTH, _WIDTH, 5, 2, 2), nn.ReLU(),
            nn.Conv2d(_WIDTH, _WIDTH, 9, 1, 4),
        )  # fmt: skip
        self.queries = nn.Parameter(torch.zeros(QUERIES, _WIDTH))
        self.shift = nn.Parameter(torch.zeros(QUERIES, 1, 1))
        self.logits = nn.Linear(_WIDTH, classes)
        self.boxes = nn.Linear(_WIDTH, 4)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return boxes, class logits and mask logits."""
        features = self.features(image)
        masks = torch.einsum("qc,nchw->nqhw", self.queries, features) + self.shift
        seen = features.mean(dim=(2, 3))[:, None] + self.queries
        return self.boxes(seen).sigmoid(), self.logits(seen), masks


class RtmdetIns(nn.Module):
    """An image (1, 3, H, W) becomes boxes with scores, labels and masks of the same queries.

    That is (1, 12, 5), left, top, right, bottom in pixels and the score, (1, 12), and
    (1, 12, H, W), probabilities.
    """

    def __init__(self, network: RfDetrSeg) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return boxes with scores, labels and masks."""
        boxes, logits, masks = self.network(image)
        scores, labels = logits.sigmoid().max(dim=2)
        height, width = image.shape[2], image.shape[3]
        centre, half = boxes[..., :2], boxes[..., 2:] / 2
        scale = torch.tensor([width, height] * 2)
        edges = torch.cat([centre - half, centre + half], dim=2) * scale
        large = functional.interpolate(masks, scale_factor=float(STRIDE), mode="bilinear")
        return torch.cat([edges, scores[..., None]], dim=2), labels, large.sigmoid()


def random_query_network(classes: int, image: torch.Tensor) -> RfDetrSeg:
    """Return a network of random weights (seed 0) with some of each class, and masks of a sixth.

    `image` is the one, (1, 3, H, W), on which that holds.
    """
    torch.manual_seed(0)
    network = RfDetrSeg(classes).eval()
    with torch.no_grad():
        network.queries.normal_()
        _, logits, masks = network(image)
        spread = masks.std(dim=(2, 3), keepdim=True)[0]
        network.queries.div_(spread[:, 0])
        _, logits, masks = network(image)
        most = masks.flatten(2).quantile(0.83, dim=2)[0]
        network.shift.copy_(-most[:, None, None])
        network.logits.weight.mul_(4.0 / logits.std())
        _, logits, _ = network(image)
        assert network.logits.bias is not None
        network.logits.bias.sub_(logits[0].quantile(0.7, dim=0))
    return network
