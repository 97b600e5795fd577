"""What one frame is answered with, from its first step to its last."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

from handseg_ros.nodes.settings import Settings
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.segmenter import Segmenter


@dataclass(frozen=True)
class FrameSetup:
    """A network with its background, and the parameters that were set together with it.

    The executor replaces it as a whole, and the worker takes it once for each frame: so no frame
    is answered by the network of before and the thresholds of after a change.
    """

    segmenter: Segmenter
    settings: Settings

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds that hold: the parameters', else the network's own."""
        return self.settings.thresholds(self.segmenter.description.thresholds)
