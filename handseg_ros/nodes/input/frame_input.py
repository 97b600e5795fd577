"""Where a camera's frames come from: a topic, or the camera itself."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from handseg_ros.image_messages.serialized import SerializedCompressedImage, SerializedImage
from handseg_ros.nodes.input.unpublished import ExpectedTopic
from handseg_ros.segmentation.errors import ImageError


@dataclass(frozen=True)
class GrabbedFrame:
    """A frame as it was grabbed: its std_msgs/Header, and uint8 (height, width, 3), BGR."""

    header: Any
    pixels: np.ndarray


ImageMessage: TypeAlias = SerializedImage | SerializedCompressedImage | GrabbedFrame


@dataclass(frozen=True)
class FrameCallbacks:
    """What an input tells, all in the executor's thread.

    `on_image` takes a frame, `on_bad` the error of one that cannot be read; `on_replaced` hears of
    one that a newer one replaced before it was taken.
    """

    on_image: Callable[[ImageMessage], None]
    on_bad: Callable[[ImageError], None]
    on_replaced: Callable[[], None]


@dataclass(frozen=True)
class ImageInputOptions:
    """How images come: `transport` raw or compressed, `reliability` auto or a fixed one."""

    transport: str
    reliability: str


class FrameInput(Protocol):
    """Gives a camera's frames while it is open."""

    @property
    def is_open(self) -> bool:
        """Whether frames come, or will as soon as there are any."""

    @property
    def is_wanted(self) -> bool:
        """Whether anybody wants the frames themselves."""

    def topic(self, transport: str) -> str:
        """Return the resolved name of the topic with the frames, for a transport."""

    def open(self, options: ImageInputOptions) -> None:
        """Take frames as chosen; call it again and again."""

    def close(self) -> None:
        """Take no more."""

    def described(self, transport: str) -> str:
        """Return what is taken, in words."""

    def terms(self, reliability: str) -> str:
        """Return on what terms, in words that follow, or ''."""

    def unpublished(self, transport: str) -> list[ExpectedTopic]:
        """Return the topics that are listened to in vain."""
