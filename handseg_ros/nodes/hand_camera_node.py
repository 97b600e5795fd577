"""hand_camera_node: a camera and its hands in one process, without middleware between."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial

from rclpy.lifecycle import LifecycleNode

from handseg_ros.nodes import parameters
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.hand_segmentation_node import HandSegmentationNode
from handseg_ros.nodes.input.frame_input import FrameCallbacks, FrameInput
from handseg_ros.nodes.parameters import specs_of
from handseg_ros.nodes.process import NodeFinished, run_node
from handseg_ros.nodes.settings import Settings
from handseg_ros.nodes.source.camera_input import CameraInput
from handseg_ros.nodes.source.settings import SourceParameters, of_camera
from handseg_ros.segmentation.segmenter import Segmenter


@dataclass(frozen=True)
class HandCameraSettings(SourceParameters, Settings):
    """All parameters: hand_segmentation_node's, and those of the source."""


SPECS = specs_of(HandCameraSettings)


class HandCameraNode(HandSegmentationNode):
    """Takes frames from a camera, a video or pictures itself, and finds the hands in them.

    Raises HandsegError if a parameter's value, the source or the calibration cannot be used. When
    all sources have come to their ends, none of them looped, its callback raises `NodeFinished`.
    """

    def __init__(self) -> None:
        self._inputs: list[CameraInput] = []
        super().__init__("hand_camera", HandCameraSettings)

    def _make_input(
        self, node: LifecycleNode, topics: CameraTopics, callbacks: FrameCallbacks
    ) -> FrameInput:
        settings = partial(self._settings_of, topics.camera)
        made = CameraInput(node, topics, callbacks, settings, self._on_end)
        self._inputs.append(made)
        return made

    def _settings_of(self, camera: str) -> HandCameraSettings:
        settings = HandCameraSettings(**parameters.values(self, SPECS))
        return of_camera(settings, camera, settings.camera_names)

    def _check(self, segmenter: Segmenter, settings: Settings) -> None:
        super()._check(segmenter, settings)
        assert isinstance(settings, HandCameraSettings)
        for camera in settings.camera_names:
            of_camera(settings, camera, settings.camera_names)

    def _on_end(self, error: Exception | None) -> None:
        if error is not None:
            raise error
        if all(each.is_exhausted for each in self._inputs):
            raise NodeFinished


def main() -> int:
    """Run the node until SIGINT, SIGTERM or the end of its source; return the exit code."""
    return run_node(HandCameraNode.started)


if __name__ == "__main__":
    sys.exit(main())
