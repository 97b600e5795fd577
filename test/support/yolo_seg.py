"""A small one-stage network with masks of prototypes in plain torch, for tests of detectors.

Its outputs are those of YOLOv8-seg exports: three levels of features (strides 8, 16 and 32), each
with a branch of its own for boxes, classes and mask coefficients; a box's four distances are means
over 16 bins (Li et al., "Generalized Focal Loss", 2020), and masks are sums of 32 prototypes at
stride 4 (Bolya et al., "YOLACT", 2019). All of it is narrow, and the weights are random.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import torch
from support.suppression import Suppression
from torch import nn
from torch.nn import functional

COEFFICIENTS = 32
ROWS = 300
OVERLAP = 0.7
_BINS = 16
_WIDTH = 16
_STRIDES = (8, 16, 32)


def _convolution(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1), nn.SiLU())


def _branch(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(_convolution(before, before), nn.Conv2d(before, after, 1))


class YoloSeg(nn.Module):
    """An image (1, 3, H, W), RGB from 0 to 1, becomes predictions and prototypes.

    That is (1, 4 + classes + 32, anchors), the boxes as centre, width and height in pixels, and
    (1, 32, H / 4, W / 4).
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.stem = nn.Sequential(
            _convolution(3, _WIDTH, 2),
            _convolution(_WIDTH, _WIDTH, 2),
            _convolution(_WIDTH, _WIDTH),
        )
        self.levels = nn.ModuleList(_convolution(_WIDTH, _WIDTH, 2) for _ in _STRIDES)
        self.boxes = nn.ModuleList(_branch(_WIDTH, 4 * _BINS) for _ in _STRIDES)
        self.logits = nn.ModuleList(_branch(_WIDTH, classes) for _ in _STRIDES)
        self.coefficients = nn.ModuleList(_branch(_WIDTH, COEFFICIENTS) for _ in _STRIDES)
        self.prototypes = nn.Sequential(
            _convolution(_WIDTH, _WIDTH),
            nn.ConvTranspose2d(_WIDTH, _WIDTH, 2, 2),
            nn.SiLU(),
            nn.Conv2d(_WIDTH, COEFFICIENTS, 1),
        )

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return every anchor's prediction, and the prototypes."""
        features, levels = self.stem(image * 4 - 2), []
        for level in self.levels:
            features = level(features)
            levels.append(features)
        # What the deeper levels know is told to the shallower ones.
        for place in (1, 0):
            larger = functional.interpolate(levels[place + 1], scale_factor=2.0, mode="nearest")
            levels[place] = levels[place] + larger
        parts = [self._predict(place, level) for place, level in enumerate(levels)]
        return torch.cat(parts, dim=2), self.prototypes(levels[0])

    def _predict(self, place: int, level: torch.Tensor) -> torch.Tensor:
        bins = self.boxes[place](level).reshape(1, 4, _BINS, -1).softmax(dim=2)
        distances = (bins * torch.arange(_BINS)[None, None, :, None]).sum(dim=2)
        one = torch.ones_like(level[:1, 0])
        centre = torch.stack([one.cumsum(dim=2) - 0.5, one.cumsum(dim=1) - 0.5], dim=1).flatten(2)
        low, high = centre - distances[:, :2], centre + distances[:, 2:]
        boxes = torch.cat([(low + high) / 2, high - low], dim=1) * _STRIDES[place]
        probabilities = self.logits[place](level).flatten(2).sigmoid()
        return torch.cat([boxes, probabilities, self.coefficients[place](level).flatten(2)], dim=1)


class EndToEnd(nn.Module):
    """The same with suppression in the graph: predictions become (1, 300, 6 + 32).

    Of each, x1, y1, x2, y2, score, class and coefficients; rows without a detection hold zeros.
    """

    def __init__(self, network: YoloSeg) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the detections, and the prototypes."""
        predictions, prototypes = self.network(image)
        columns = predictions[0].t()
        edges, scores, labels, coefficients = split(columns, self.network.classes)
        apart = edges + labels[:, None] * 4096.0
        kept = Suppression.apply(apart, scores, OVERLAP, 0.05, ROWS)
        rows = torch.cat([edges, scores[:, None], labels[:, None], coefficients], dim=1)[kept]
        padded = torch.cat([rows, torch.zeros(ROWS, rows.shape[1])])
        return padded[None, :ROWS], prototypes


def split(columns: torch.Tensor, classes: int) -> tuple[torch.Tensor, ...]:
    """Return edges (N, 4), scores and labels (N,) and coefficients of predictions (N, C)."""
    centre, half = columns[:, :2], columns[:, 2:4] / 2
    scores, labels = columns[:, 4 : 4 + classes].max(dim=1)
    edges = torch.cat([centre - half, centre + half], dim=1)
    return edges, scores, labels.to(columns.dtype), columns[:, 4 + classes :]


def random_yolo_seg(classes: int, image: torch.Tensor) -> YoloSeg:
    """Return a network of random weights (seed 0) that finds a few things of each class.

    Distances are spread, one anchor in fifty is of some class, and masks are neither full nor empty
    on the image, (1, 3, H, W).
    """
    torch.manual_seed(0)
    network = YoloSeg(classes).eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    with torch.no_grad():
        for branch in network.boxes:
            last = _last(branch)
            last.weight.mul_(0.3)
            # Near bins are likelier: the deep levels' boxes would fill the image.
            _bias(last).copy_(-0.3 * torch.arange(_BINS).repeat(4))
        predictions, prototypes = network(image)
        logits = predictions[0, 4 : 4 + classes].logit(eps=1e-6)
        for branch in network.logits:
            _bias(_last(branch)).sub_(logits.quantile(1 - 0.02 / classes, dim=1))
        masks = (predictions[0, 4 + classes :].t() @ prototypes[0].flatten(1))[::7]
        _last(network.prototypes).weight.mul_(3.0 / masks.std())
    return network


def _last(layers: nn.Module) -> nn.Conv2d:
    assert isinstance(layers, nn.Sequential)
    last = layers[-1]
    assert isinstance(last, nn.Conv2d)
    return last


def _bias(layer: nn.Conv2d) -> torch.Tensor:
    assert layer.bias is not None
    return layer.bias
