"""Decoder of the `bottom_up` family for a video: the last frame steadies the next one's hands.

A mask map flickers in two ways. Outlines tremble, as logits near zero change their sign: they are
averaged with the last frame's, the less the more they differ, as a bilateral filter does (Tomasi
and Manduchi, ICCV 1998), here over time. And hands near the score threshold come and go: where a
hand just was, cells count as surer, as in hysteresis thresholding.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.decoders.bottom_up import (
    check_maps,
    confident_components,
    decode_cells,
)
from handseg_ros.segmentation.description import ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import ResizeTransform
from handseg_ros.segmentation.hands import DecodedInstances

# The last frame's share where the logits agree, and how far apart they may be, in logits.
LAST_SHARE = 0.5
LOGIT_RANGE = 1.0
# By how much surer, in logits, cells are in which a hand was.
BONUS = 2.0
# For how many frames a hand may live on that alone: one that has gone is not kept longer.
MAX_FRAMES_KEPT = 2


@dataclass(frozen=True)
class _LastFrame:
    """What is remembered: smoothed mask logits, float32, and for how many frames cells count as
    surer, uint8; both (rows, columns) of the part of the map that the frame covers.
    """

    transform: ResizeTransform
    logits: np.ndarray
    support: np.ndarray


class BottomUpSequence:
    """A `Decode` for the frames of one camera in their order; another frame size starts it anew."""

    def __init__(self) -> None:
        self._last: _LastFrame | None = None

    def __call__(
        self,
        outputs: dict[str, np.ndarray],
        transform: ResizeTransform,
        description: ModelDescription,
        thresholds: Thresholds,
    ) -> DecodedInstances:
        """Return the hands of the next frame; takes and raises what `bottom_up.decode` does."""
        maps = outputs["maps"].copy()
        check_maps(maps, transform, description)
        grid = transform.grid(*maps.shape[2:])
        own, logits = grid.seen(outputs["maps"][0])[0], grid.seen(maps[0])[0]
        last = self._last
        if last is None or last.transform != transform:
            last = _LastFrame(transform, logits, np.zeros(logits.shape, np.uint8))
        logits[...] = smoothed(logits, last.logits)
        # By its own logits: smoothed ones would count a hand as found for longer than it is.
        alone = confident_components(logits, own, thresholds, maps[0, 0].size)
        surer = own + BONUS * (last.support > 0)
        cells = confident_components(logits, surer, thresholds, maps[0, 0].size)
        support = np.zeros(logits.shape, np.uint8)
        lived = np.maximum(last.support, 1) - 1
        support[cells.rows, cells.columns] = lived[cells.rows, cells.columns]
        support[alone.rows, alone.columns] = MAX_FRAMES_KEPT
        self._last = _LastFrame(transform, logits, support)
        return decode_cells(maps, cells, transform, thresholds)


def smoothed(logits: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return logits drawn to the last frame's where they are close to them, float32."""
    apart = last - logits
    share = np.float32(LAST_SHARE) * np.exp(-np.square(apart / np.float32(LOGIT_RANGE)))
    return np.asarray(logits + share * apart, np.float32)
