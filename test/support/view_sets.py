"""Views with and without hands, in folders `set{n}` as Human Segmentation lays them out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from support.toy_training import EXAMPLE

WIDTH, HEIGHT = 96, 64


def write_view_sets(folder: Path, sets: int, frames: int, seed: int = 0) -> Path:
    """Write so many sets, each a background and so many frames with a blob, and their masks.

    Blobs have the colours of backgrounds: only a comparison tells what they are. Frames are
    brighter or darker than their background by a little.
    """
    for number in range(sets):
        random = np.random.default_rng((seed, number))
        own = folder / f"set{number}"
        own.mkdir(parents=True)
        background = _texture(random)
        cv2.imwrite(str(own / "bkg.png"), background)
        for frame in range(frames):
            mask = _blob(random)
            image = np.where(mask[..., None] > 0, _texture(random), background)
            noisy = image * random.uniform(0.97, 1.03) + random.normal(0, 2, image.shape)
            cv2.imwrite(str(own / f"{frame}.png"), np.clip(noisy, 0, 255).astype(np.uint8))
            cv2.imwrite(str(own / f"{frame}_mask.png"), mask)
    return folder


def _texture(random: np.random.Generator) -> np.ndarray:
    coarse = random.integers(0, 256, (5, 7, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))


def _blob(random: np.random.Generator) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    middle = int(random.integers(20, WIDTH - 20)), int(random.integers(16, HEIGHT - 16))
    axes = int(random.integers(10, 22)), int(random.integers(8, 16))
    cv2.ellipse(mask, middle, axes, float(random.uniform(0, 180)), 0, 360, 255, -1)
    return mask


def views_configuration(train: Path, held_out: Path, steps: int) -> dict[str, Any]:
    """Return a training configuration of a small `frame_background` network."""
    whole = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    whole |= {"name": "views", "height": HEIGHT, "width": WIDTH, "batch_size": 6}
    whole["schedule"] = {
        "steps": steps,
        "warmup_steps": 5,
        "decay_steps": 20,
        "learning_rate": 0.01,
        "encoder_lr_multiplier": 1.0,
        "ema_decay": 0.9,
    }
    whole["mix"] = {"weights": {"own": 1.0}}
    whole["description"] |= {"name": "views", "width": WIDTH, "height": HEIGHT}
    del whole["sources"], whole["loss"]
    whole["network"] = {"name": "frame_background", "widths": [8, 12, 16, 24]}
    whole["data"] = {"train": [str(train)], "validation": str(held_out)}
    whole["validation"] = {"every": 20}
    return whole
