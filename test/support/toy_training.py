"""A training at toy size: painted pictures, and a configuration of a few steps."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import yaml

from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.validation import read_as
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.samples import Sample
from handseg_ros.training.scales import Size

SIZE = (64, 64)
EXAMPLE = Path(__file__).parents[1] / "training" / "example.yaml"


class ToyPictures:
    """Makes a picture with a bright disc as its hand; the number tells where."""

    def make(self, number: int, size: Size | None = None) -> Sample:
        """Return the picture of this number."""
        random = np.random.default_rng(number)
        height, width = size or SIZE
        image = random.integers(0, 90, (height, width, 3)).astype(np.uint8)
        ids = np.zeros((height, width), np.uint8)
        place = int(random.integers(16, width - 16)), int(random.integers(16, height - 16))
        cv2.circle(ids, place, 12, 1, -1)
        image[ids > 0] = (205, 150, 120)
        return Sample(image, ids, (Side.RIGHT,))


def toy_config(steps: int) -> TrainingConfig:
    """Return a configuration of steps of four pictures of 64x64."""
    content = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    content |= {"height": SIZE[0], "width": SIZE[1], "batch_size": 4}
    content["schedule"] |= {"steps": steps, "warmup_steps": 2, "decay_steps": 2}
    return read_as(TrainingConfig, content)
