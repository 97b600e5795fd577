"""A hand cut out of the box that a person drew around it, by the colours inside and outside."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box

_ROUNDS = 4
# GrabCut's time grows with the pixels: a larger box is cut at this size, and its mask enlarged.
_MOST_PIXELS = 250_000
# What is around the box, as a share of it, tells the background's colours.
_MARGIN = 0.25


def cut_out(image: np.ndarray, box: Box) -> np.ndarray:
    """Return what stands out in a box of an image, uint8 (H, W, 3), BGR: bool (H, W).

    GrabCut (Rother et al., SIGGRAPH 2004). Without enough pixels in or around the box it is all of
    it.
    """
    whole = Box(0, 0, image.shape[1], image.shape[0])
    inside = box.intersection(whole)
    mask = np.zeros(image.shape[:2], bool)
    margin = max(4, round(_MARGIN * max(inside.width, inside.height)))
    around = inside.expanded(margin).intersection(whole)
    if min(inside.width, inside.height) < 4 or around == inside:
        mask[inside.slices] = True
        return mask
    mask[around.slices] = _cut(image[around.slices], inside.within(around))
    return mask


def _cut(image: np.ndarray, box: Box) -> np.ndarray:
    height, width = image.shape[:2]
    scale = min(1.0, (_MOST_PIXELS / (height * width)) ** 0.5)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    parts = np.full((size[1], size[0]), cv2.GC_BGD, np.uint8)
    parts[_scaled(box.y, box.height, scale), _scaled(box.x, box.width, scale)] = cv2.GC_PR_FGD
    cv2.setRNGSeed(0)  # its mixtures begin at random
    models = np.zeros((2, 1, 65))
    cv2.grabCut(small, parts, (0, 0, 1, 1), models[0], models[1], _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(parts, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    large = cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    outside = np.ones_like(large)
    outside[box.slices] = False
    large[outside] = False
    return large


def _scaled(begin: int, length: int, scale: float) -> slice:
    """Return a stretch at another scale, one pixel at least."""
    first = int(begin * scale)
    return slice(first, max(first + 1, round((begin + length) * scale)))
