"""Outlines that run along the edges of pixels, so that filling them gives the mask again.

A corner is where an odd number of the four pixels around it is set. Along each row of corners, and
along each column, every second stretch between neighbouring corners is outline; so following rows
and columns in turn closes every ring. Where pixels touch by their corners alone, rings cross: they
are filled by the even-odd rule, as pycocotools, OpenCV and most others do it.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np


def pixel_outlines(mask: np.ndarray) -> list[np.ndarray]:
    """Return the rings of a mask, bool (H, W), outer ones and those of holes alike.

    Each is int (corners, 2): x and y in pixels, (0, 0) being the top left corner of the first one.
    """
    padded = np.pad(mask, 1)
    odd = padded[:-1, :-1] ^ padded[1:, :-1] ^ padded[:-1, 1:] ^ padded[1:, 1:]
    rows, columns = np.nonzero(odd)
    # corners come row by row: neighbours in pairs are joined by a horizontal line
    beside = np.arange(len(rows)) ^ 1
    by_column = np.lexsort((rows, columns))
    above = np.empty_like(beside)
    above[by_column] = by_column[beside]
    corners = np.stack([columns, rows], axis=1)
    return [corners[ring] for ring in _rings(beside.tolist(), above.tolist())]


def _rings(beside: list[int], above: list[int]) -> list[list[int]]:
    """Return the places of corners along each ring."""
    left = [True] * len(beside)
    rings = []
    for start in range(len(beside)):
        ring: list[int] = []
        place = start
        while left[place]:
            other = beside[place]
            left[place] = left[other] = False
            ring += [place, other]
            place = above[other]
        if ring:
            rings.append(ring)
    return rings


def joined(rings: list[np.ndarray]) -> np.ndarray:
    """Return one ring, int (corners, 2), that fills what several do by the even-odd rule.

    Each ring is joined to those before by the shortest bridge between two corners, which the ring
    runs both ways, so that it encloses nothing.
    """
    path = rings[0]
    for ring in rings[1:]:
        at, start = _nearest_corners(path, ring)
        turned = np.roll(ring, -start, axis=0)
        bridge = [path[: at + 1], turned, turned[:1], path[at : at + 1], path[at + 1 :]]
        path = np.concatenate(bridge)
    return path


def _nearest_corners(one: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """Return the places of the two corners of two rings that are nearest to each other."""
    best = (np.inf, 0, 0)
    for start, (x, y) in enumerate(other.tolist()):
        distances = (one[:, 0] - x) ** 2 + (one[:, 1] - y) ** 2
        at = int(distances.argmin())
        best = min(best, (float(distances[at]), at, start))
    return best[1], best[2]
