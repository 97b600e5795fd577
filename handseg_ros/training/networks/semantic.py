"""What networks with a logit for each class in each pixel learn, and the file they become."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from handseg_ros.segmentation.description import BACKGROUND, HAND, OBJECT, ModelDescription
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.training.networks.model_file import (
    compared,
    described,
    pixels_input,
    write_graph,
)
from handseg_ros.training.networks.task import Inputs, LoadedWeights, ModelFacts, Targets
from handseg_ros.training.networks.tensors import stacked_images
from handseg_ros.training.networks.weights import load_matching, read_weights
from handseg_ros.training.samples import IGNORE, Sample

PixelClasses = Literal["hand", "hand_object"]
CLASSES: Mapping[PixelClasses, tuple[str, ...]] = {
    "hand": (BACKGROUND, HAND),
    "hand_object": (BACKGROUND, HAND, OBJECT),
}
_HAND, _OBJECT = 1, 2
# Of pixels that are no hand, where nobody knows of objects.
_NO_HAND = 254
_AUXILIARY_WEIGHT = 0.5

# Weights, and the file that they are of, which is named where they cannot be taken.
Renamed = Callable[[Mapping[str, Tensor], Path], Mapping[str, Tensor]]
Normalised = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class SemanticTask:
    """A network of `make` learns the class of each pixel.

    `normalise` makes what the module takes of images uint8 (N, H, W, 3). `renamed` gives published
    weights the names of the module, and raises ModelError for those that do not belong into it.
    `encoder` is the part that is trained before elsewhere.
    With `takes_background` the module takes two images.
    """

    name: str
    classes: PixelClasses
    make: Callable[[], nn.Module]
    normalise: Normalised
    renamed: Renamed
    encoder: str
    multiple_of: int
    takes_background: bool = False

    def build(self) -> nn.Module:
        """Return the network with random weights."""
        return self.make()

    def load(self, module: nn.Module, file: Path, samples: Sequence[Sample] = ()) -> LoadedWeights:
        """Take a checkpoint, or weights in the layout in which they are published."""
        return load_matching(module, self.renamed(read_weights(file), file), file)

    def parts(self, module: nn.Module) -> Mapping[str, nn.Module]:
        """Return the encoder, and all else by its own names."""
        children = {
            "encoder" if name == self.encoder else name: child
            for name, child in module.named_children()
        }
        return {name: child for name, child in children.items() if list(child.parameters())}

    def prepare(self, samples: Sequence[Sample]) -> tuple[Inputs, Targets]:
        """Return images uint8 (N, H, W, 3), and classes uint8 (N, H, W)."""
        images: Inputs = (stacked_images(samples),)
        if self.takes_background:
            images = (*images, _backgrounds(samples))
        targets = np.stack([pixel_classes(sample, self.classes) for sample in samples])
        return images, {"classes": torch.from_numpy(targets)}

    def loss(self, module: nn.Module, inputs: Inputs, targets: Targets) -> dict[str, Tensor]:
        """Return the cross-entropy of the pixels, and of the auxiliary head where there is one."""
        logits: Tensor = module(*(self.normalise(image) for image in inputs))
        if logits.ndim == 4:
            return {"pixels": pixel_loss(logits, targets["classes"])}
        main, auxiliary = (pixel_loss(each, targets["classes"]) for each in logits)
        return {"pixels": main, "auxiliary": _AUXILIARY_WEIGHT * auxiliary}

    def describe(self, facts: ModelFacts) -> ModelDescription:
        """Return the description of a file of one of the families of class maps."""
        family = "hand_object" if self.classes == "hand_object" else "semantic"
        background = "background" if self.takes_background else None
        return described(
            facts,
            family="frame_background" if self.takes_background else family,
            classes=CLASSES[self.classes],
            input=pixels_input(facts, self.multiple_of, "letterbox", background),
            outputs={"logits": "logits"},
            output_layout="NCHW",
            activation="softmax",
        )

    def export(self, module: nn.Module, description: ModelDescription, file: Path) -> None:
        """Write the file, which takes images of any size; its normalisation is inside."""
        whole = FromPixels(module, self.normalise).eval()
        names = description.input.names
        free = {name: {1: "height", 2: "width"} for name in names}
        axes = {**free, "logits": {2: "height", 3: "width"}}
        with compared(whole, description, file) as partial:
            write_graph(whole, names, ("logits",), axes, description, partial)


class FromPixels(nn.Module):
    """A network that takes images uint8 (N, H, W, 3)."""

    def __init__(self, network: nn.Module, normalise: Normalised) -> None:
        super().__init__()
        self.network, self.normalise = network, normalise

    def forward(self, *images: Tensor) -> Tensor:
        logits: Tensor = self.network(*(self.normalise(image) for image in images))
        return logits


def pixel_classes(sample: Sample, classes: PixelClasses) -> np.ndarray:
    """Return each pixel's class, uint8 (H, W): 0, hand, object, no hand (254) or unknown (255)."""
    is_known = classes == "hand" or sample.objects is not None
    pixels = np.full(sample.ids.shape, 0 if is_known else _NO_HAND, np.uint8)
    if classes == "hand_object" and sample.objects is not None:
        pixels[sample.objects] = _OBJECT
    pixels[sample.hand] = _HAND
    pixels[sample.ids == IGNORE] = IGNORE
    return pixels


def pixel_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Return the mean cross-entropy of logits (N, C, H, W) with classes of `pixel_classes`.

    Where only "no hand" is known it is that of not being one.
    """
    probabilities = functional.log_softmax(logits.float(), dim=1)
    target = classes.long()
    certain = target < _NO_HAND
    losses = functional.nll_loss(probabilities, target * certain, reduction="none") * certain
    if logits.shape[1] > _OBJECT:
        others = torch.cat([probabilities[:, :_HAND], probabilities[:, _HAND + 1 :]], dim=1)
        losses = losses - torch.logsumexp(others, dim=1) * (target == _NO_HAND)
    return losses.sum() / (target != IGNORE).sum().clamp(min=1)


def _backgrounds(samples: Sequence[Sample]) -> Tensor:
    pictures = [sample.background for sample in samples if sample.background is not None]
    if len(pictures) < len(samples):
        raise MediaError(
            "a picture has no background to compare it with: give this network samples with a "
            "background, or train another network on these pictures"
        )
    return torch.from_numpy(np.stack(pictures))
