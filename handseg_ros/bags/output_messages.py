"""What a node would have published of a frame, as messages of a bag."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from handseg_ros.bags.definitions import blank_message, known_types
from handseg_ros.bags.recording import McapRecording
from handseg_ros.image_messages.encode import as_bytes
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.outputs.table import Output


class BagMessages:
    """Makes messages of rosbags; a `MessageLibrary`."""

    def new(self, msgtype: str) -> Any:
        """Return a message of a type as sensor_msgs/msg/Image."""
        return blank_message(known_types(), msgtype)

    def data(self, values: np.ndarray) -> Any:
        """Return the bytes of an array as rosbags' messages take them."""
        return as_bytes(values)


class OutputWriter:
    """Writes outputs, by the names of their topics, of one stream of frames to a recording."""

    def __init__(self, recording: McapRecording, topics: Mapping[str, Output]) -> None:
        """Announce the topics; raises MediaError when one of their names is there already."""
        for name, output in topics.items():
            recording.announce(name, output.msgtype)
        self._recording = recording
        self._topics = topics
        self._makers = {name: output.new_maker() for name, output in topics.items()}
        self._messages = BagMessages()

    def write(self, frame: SegmentedFrame, log_time: int) -> None:
        """Write the outputs of a frame, recorded at `log_time` (nanoseconds).

        Those that a frame does not give, as objects of a model that knows none, are left out.
        """
        for name, make in self._makers.items():
            message = make(self._messages, frame)
            if message is not None:
                data = known_types().serialize_cdr(message, self._topics[name].msgtype)
                self._recording.write(name, log_time, data)
