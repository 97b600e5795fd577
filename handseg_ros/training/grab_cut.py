"""Foreground by its colours: GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np


def colour_foreground(image: np.ndarray, labels: np.ndarray, rounds: int) -> np.ndarray:
    """Return the foreground, bool (H, W), of uint8 (H, W, 3), BGR; the same for the same picture.

    `labels` is uint8 (H, W): OpenCV's GC_BGD, GC_FGD, GC_PR_BGD and GC_PR_FGD. It is written to.
    Where it is all foreground or all background there are no colours to compare, and it stays.
    """
    given = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if given.all() or not given.any():
        return given
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    whole = 0, 0, image.shape[1], image.shape[0]
    cv2.grabCut(image, labels, whole, *models, rounds, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
