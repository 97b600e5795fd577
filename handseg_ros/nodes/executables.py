"""What the nodes' executables run: they hear signals before they import what takes its time.

Until rclpy, OpenCV and ONNX Runtime are there, a second may go by, in which Ctrl-C would end in
Python's traceback.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def hand_segmentation_node() -> int:
    """Run the segmentation node; returns the process's exit code."""
    with _signals_heard():
        from handseg_ros.nodes.hand_segmentation_node import main

        return main()


def image_source_node() -> int:
    """Run the image source; returns the process's exit code."""
    with _signals_heard():
        from handseg_ros.nodes.image_source_node import main

        return main()


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
