"""What of a bag becomes a labelled set."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class GroundTruthTopicNames:
    """The topics that hold labels; None for the one below `/ground_truth`, if it is there.

    `masks` has images with 0 and 255, or with 0 and the hands' ids; `hands` has HandInstances,
    with sides and tracks; `objects` has images with 0 and 255.
    """

    masks: str | None = None
    hands: str | None = None
    objects: str | None = None


@dataclass(frozen=True)
class BagOptions:
    """Where in a bag the images are, None for its only ones, and where their labels are.

    `masks` is a folder of masks named by stamp, which then take the place of the bag's topics; of
    a video it is all there is to choose.
    """

    topic: str | None = None
    ground_truth: GroundTruthTopicNames = field(default_factory=GroundTruthTopicNames)
    masks: Path | None = None
