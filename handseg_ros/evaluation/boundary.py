"""How well the outline of what was found follows the known one: the boundary F-score.

Definition: Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object
Segmentation", CVPR 2016, section 4, with the outlines and the disk-shaped tolerance of its public
code (`f_boundary` of https://github.com/davisvideochallenge/davis2017-evaluation).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.evaluation.dilation import near


@dataclass(frozen=True)
class BoundaryMatch:
    """Outline pixels of one frame: of each mask, and how many of them lie near the other's."""

    found: int
    found_near: int
    known: int
    known_near: int

    @property
    def f_score(self) -> float:
        """Harmonic mean of both shares; 1 where neither mask has an outline, 0 where one has."""
        if not (self.found or self.known):
            return 1.0
        if not (self.found_near and self.known_near):
            return 0.0
        precision, recall = self.found_near / self.found, self.known_near / self.known
        return 2 * precision * recall / (precision + recall)


def diagonal_share(shape: tuple[int, int], share: float) -> int:
    """Return a share of a frame's diagonal in whole pixels, rounded up as DAVIS' code does."""
    return math.ceil(share * math.hypot(*shape))


def match_boundaries(
    found: np.ndarray, known: np.ndarray, tolerances: Sequence[int]
) -> tuple[BoundaryMatch, ...]:
    """Compare the outlines of two masks, bool (H, W), at each tolerance in pixels.

    The masks may be cut out of their frame, if two free pixels are left around both on each side
    that is not the frame's own edge.
    """
    of_found, of_known = outline(found), outline(known)
    return tuple(
        BoundaryMatch(
            int(np.count_nonzero(of_found)),
            int(np.count_nonzero(of_found & near_known)),
            int(np.count_nonzero(of_known)),
            int(np.count_nonzero(of_known & near_found)),
        )
        for near_found, near_known in zip(
            near(of_found, tolerances), near(of_known, tolerances), strict=True
        )
    )


def outline(mask: np.ndarray) -> np.ndarray:
    """Return DAVIS' one pixel wide outline: pixels unlike that to the right, below or both."""
    line = np.zeros_like(mask)
    line[:, :-1] |= mask[:, :-1] ^ mask[:, 1:]
    line[:-1, :] |= mask[:-1, :] ^ mask[1:, :]
    line[:-1, :-1] |= mask[:-1, :-1] ^ mask[1:, 1:]
    return line
