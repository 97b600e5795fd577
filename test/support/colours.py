"""A model that knows hands and objects by their colours, and a picture for it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
from support.foreign import described, write_description, write_graph

PLAIN = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}


def by_colour(model: Path) -> Path:
    """Write a network to which green is a hand and blue an object, all else background."""
    write_graph(model, ("Identity", {}))
    told = described(
        family="hand_object",
        classes=["background", "hand", "object"],
        activation="argmax",
        colours={"hand": [0, 255, 255], "object": [255, 255, 255]},
        input=PLAIN,
    )
    write_description(model, told)
    return model


def coloured() -> np.ndarray:
    """Return a green square above a blue one on red."""
    frame = np.zeros((256, 256, 3), np.uint8)
    frame[..., 2] = 100
    frame[50:100, 50:100] = 0, 200, 0
    frame[150:200, 150:200] = 200, 0, 0
    return frame
