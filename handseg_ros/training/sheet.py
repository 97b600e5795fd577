"""A contact sheet of training pictures with their targets, to be looked at."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.media.sinks import write_picture
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.sample_generator import SampleGenerator
from handseg_ros.training.samples import IGNORE, PART, Sample
from handseg_ros.training.targets import make_targets

_COLUMNS = 6
_COLOURS = {
    Side.LEFT: (255, 60, 60), Side.RIGHT: (60, 255, 60), Side.UNKNOWN: (255, 255, 0),
}  # fmt: skip


def write_sheet(generator: SampleGenerator, count: int, file: Path) -> None:
    """Write the first `count` training pictures as `sheet` shows them."""
    shown = sheet([generator.make(number) for number in range(count)])
    write_picture(file, cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))


def sheet(samples: Sequence[Sample]) -> np.ndarray:
    """Return samples of one size side by side, uint8 (H, W, 3), RGB.

    Left hands are red, right ones green, those of unknown side yellow; ignored pixels are blue,
    peaks of the centre map white.
    """
    tiles = [_tile(sample) for sample in samples]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % _COLUMNS)
    rows = [
        np.concatenate(tiles[first : first + _COLUMNS], axis=1)
        for first in range(0, len(tiles), _COLUMNS)
    ]
    return np.concatenate(rows)


def _tile(sample: Sample) -> np.ndarray:
    painted = sample.image.copy()
    for index, side in enumerate(sample.sides, start=1):
        painted[sample.ids == index] = _COLOURS[side]
    painted[sample.ids == IGNORE] = (60, 60, 255)
    painted[sample.ids == PART] = _COLOURS[Side.UNKNOWN]
    height, width = sample.ids.shape
    centre = cv2.resize(make_targets(sample).centre, (width, height))
    mixed = sample.image // 2 + painted // 2
    mixed[centre > 0.8] = 255
    return np.concatenate([sample.image, mixed])
