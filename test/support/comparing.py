"""A network that compares a frame with a background, in plain torch, and painted scenes for it.

Three convolutions, the same for both pictures, what they give put together, and deconvolutions back
to the pictures' size with two classes. It is trained for some seconds on what is painted here.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from support.foreign import described
from support.painted_hand import paint_hand
from support.torch_twin import rgb
from torch import nn
from torch.nn import functional

MEAN, STD = 0.5, 0.25  # of pixels from 0 to 1, in every channel
SIDE = 128  # that its file runs at
_SIDE = 64  # of the pictures that it is trained on
_SCENES = 400
_BATCH = 8
_STEPS = 200

DESCRIPTION: dict[str, Any] = described(
    name="comparing",
    family="frame_background",
    input={
        "background": "background",
        "width": SIDE,
        "height": SIDE,
        "multiple_of": 8,
        "mean": 3 * [MEAN],
        "std": 3 * [STD],
    },
    thresholds={"score": 0.0, "mask": 0.95, "minimum_area": 0.0},
)


class ComparingNetwork(nn.Module):
    """Frame and background (N, 3, H, W) become raw logits (N, 2, H, W); H and W multiples of 8."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Conv2d(3, 8, 5, 2, 2), nn.ReLU()),
            *(nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU()),
        )
        self.decoder = nn.Sequential(
            *(nn.ConvTranspose2d(64, 16, 4, 2, 1), nn.ReLU()),
            *(nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU()),
            nn.ConvTranspose2d(8, 2, 4, 2, 1),
        )
        self._begin_well()

    def forward(self, frame: torch.Tensor, background: torch.Tensor) -> torch.Tensor:
        """Return the logits: channel 0 background, channel 1 hand."""
        both = torch.cat([self.encoder(frame), self.encoder(background)], dim=1)
        return self.decoder(both)

    def _begin_well(self) -> None:
        """Set weights from which a short training gets somewhere."""
        for layer in (*self.encoder, *self.decoder):
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            elif isinstance(layer, nn.ConvTranspose2d):
                # Of a kernel of 4x4 at stride 2, 2x2 places add up in each pixel.
                nn.init.normal_(layer.weight, 0.0, (2.0 / (4 * layer.in_channels)) ** 0.5)
        first = self.decoder[0]
        assert isinstance(first, nn.ConvTranspose2d)
        with torch.no_grad():  # the difference of both pictures
            first.weight[32:] = -first.weight[:32]


@dataclass(frozen=True)
class Scene:
    """Pictures of one camera, uint8 (height, width, 3), BGR; `hand` is bool (height, width)."""

    background: np.ndarray
    frame: np.ndarray
    hand: np.ndarray


def painted_scene(generator: np.random.Generator, height: int, width: int) -> Scene:
    """Paint a room of coloured boxes, and a hand of any colour in front of it; with some noise."""
    room = np.full((height, width, 3), generator.integers(0, 256, 3), np.uint8)
    for _ in range(12):
        corners = generator.integers(0, (width, height), (2, 2))
        colour = generator.integers(0, 256, 3)
        cv2.rectangle(room, corners[0].tolist(), corners[1].tolist(), colour.tolist(), -1)
    return with_hand(generator, cv2.blur(room, (3, 3)))


def with_hand(generator: np.random.Generator, room: np.ndarray) -> Scene:
    """Paint a hand in front of a room, uint8 (height, width, 3): palm and fingers of one colour."""
    height, width = room.shape[:2]
    side = min(height, width)
    hand = np.zeros((height, width), np.uint8)
    palm = generator.uniform(0.3, 0.7, 2) * (width, height)
    radius = generator.uniform(0.15, 0.22) * side
    paint_hand(hand, palm, radius, generator.uniform(0, 2 * np.pi), 255)
    frame = room.copy()
    frame[hand > 0] = generator.integers(0, 256, 3)
    return Scene(with_noise(generator, room), with_noise(generator, frame), hand > 0)


def with_noise(generator: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Return a picture as a camera gives it, each time with other noise."""
    noisy = picture + generator.normal(0, 4, picture.shape)
    return np.rint(np.clip(noisy, 0, 255)).astype(np.uint8)


def prepare(image: torch.Tensor) -> torch.Tensor:
    """Return RGB from 0 to 1 as the network takes it, from -2 to 2."""
    return (image - MEAN) / STD


def trained_network() -> ComparingNetwork:
    """Return the network after a short training on painted scenes (seed 0)."""
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    scenes = [painted_scene(generator, _SIDE, _SIDE) for _ in range(_SCENES)]
    frames = torch.stack([prepare(rgb(scene.frame)) for scene in scenes])
    backgrounds = torch.stack([prepare(rgb(scene.background)) for scene in scenes])
    wanted = torch.from_numpy(np.stack([scene.hand for scene in scenes])).long()
    network = ComparingNetwork()
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    for step in range(_STEPS):
        batch = torch.arange(step * _BATCH, (step + 1) * _BATCH) % _SCENES
        logits = network(frames[batch], backgrounds[batch])
        loss = functional.cross_entropy(logits, wanted[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return _surer(network).eval()


def _surer(network: ComparingNetwork) -> ComparingNetwork:
    """Return the network with larger logits, as a long training would give."""
    last = network.decoder[-1]
    assert isinstance(last, nn.ConvTranspose2d)
    assert last.bias is not None
    with torch.no_grad():
        last.weight.mul_(3)
        last.bias.mul_(3)
    return network
