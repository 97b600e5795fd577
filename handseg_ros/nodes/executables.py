"""What the nodes' executables run: they hear signals before they import what takes its time.

Until rclpy, OpenCV and ONNX Runtime are there, a second may go by, in which Ctrl-C would end in
Python's traceback.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from handseg_ros.nodes.middleware import check_middleware
from handseg_ros.nodes.program_arguments import answer_arguments

if TYPE_CHECKING:
    from handseg_ros.nodes.parameters import ParameterSpec

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def hand_segmentation_node() -> int:
    """Run the segmentation node; returns the process's exit code."""
    with _signals_heard():
        answer_arguments(
            "hand_segmentation_node",
            "Finds hands in the images of a topic: a mask, a side and a score for each.",
            _segmentation_parameters,
            sys.argv[1:],
        )
        check_middleware("hand_segmentation_node")
        from handseg_ros.nodes.hand_segmentation_node import main

        return main()


def hand_camera_node() -> int:
    """Run camera and segmentation in one process; returns the process's exit code."""
    with _signals_heard():
        answer_arguments(
            "hand_camera_node",
            "Finds hands in the frames of a camera, a video or pictures that it takes itself.",
            _camera_parameters,
            sys.argv[1:],
        )
        check_middleware("hand_camera_node")
        from handseg_ros.nodes.hand_camera_node import main

        return main()


def image_source_node() -> int:
    """Run the image source; returns the process's exit code."""
    with _signals_heard():
        answer_arguments(
            "image_source_node",
            "Publishes a camera, a video or pictures as an image topic with camera_info.",
            _source_parameters,
            sys.argv[1:],
        )
        check_middleware("image_source_node")
        from handseg_ros.nodes.image_source_node import main

        return main()


def _segmentation_parameters() -> Iterable[ParameterSpec]:
    from handseg_ros.nodes.settings import SPECS

    return SPECS


def _camera_parameters() -> Iterable[ParameterSpec]:
    from handseg_ros.nodes.hand_camera_node import SPECS

    return SPECS


def _source_parameters() -> Iterable[ParameterSpec]:
    from handseg_ros.nodes.image_source_node import SPECS

    return SPECS


@contextmanager
def _signals_heard() -> Iterator[None]:
    """End with code 0 on a signal that comes before or after `run_node` has its own handlers."""
    for number in _SIGNALS:
        signal.signal(number, _end_at_once)
    try:
        yield
    finally:
        # While Python itself ends, it would give the signals back what they do by default.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _end_at_once(number: int, frame: FrameType | None) -> None:
    # Nothing is open yet, or everything is closed again.
    os._exit(0)
