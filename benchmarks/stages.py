"""Where the time of a frame goes, stage by stage, measured one after the other in one process.

`receive` is what it takes to read the bytes that came, `fill` to make bytes of what is sent, and
`publish` what rclpy takes to hand these to the middleware while another process listens.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import rclpy
from handseg_ros.msg import HandInstances
from rclpy.serialization import serialize_message
from scenes import picture_with
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from streams import EVERYTHING, listening

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.image_messages.encode import fill_image
from handseg_ros.image_messages.hands import Circumstances, hands_message
from handseg_ros.image_messages.message_library import HAND_INSTANCES, IMAGE
from handseg_ros.image_messages.serialized import read_image
from handseg_ros.nodes.outputs.serialized_messages import SerializedMessages, serialize
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay
from handseg_ros.segmentation.segmenter import Segmenter

ROUNDS = 60


@dataclass(frozen=True)
class Stage:
    """A stage's times in milliseconds."""

    name: str
    median: float
    late: float  # 95th percentile

    @classmethod
    def of(cls, name: str, seconds: list[float]) -> Stage:
        """Summarise what was measured."""
        median, late = np.percentile(seconds, (50, 95))
        return cls(name, 1e3 * float(median), 1e3 * float(late))


def bare_inference(segmenter: Segmenter, frame: np.ndarray) -> float:
    """Return the median time of the network's `session.run` alone, in milliseconds."""
    taken = [segmenter.segment(frame).timings.inference for _ in range(2 * ROUNDS)]
    return 1e3 * float(np.median(taken[ROUNDS // 2 :]))


def measure(width: int, height: int, hands: int, segmenter: Segmenter) -> list[Stage]:
    """Return the stages in the order of a frame's path."""
    picture = picture_with(hands, width, height)
    image = _image(picture, "bgr8")
    packed = serialize_message(image)
    palette = Palette.of(segmenter.description)
    frames = [segmenter.segment(picture) for _ in range(ROUNDS)]
    found = frames[-1]
    circumstances = Circumstances(model="bench")
    overlay = draw_overlay(picture, found, OverlayMode.INSTANCES, palette)

    def draw() -> None:
        draw_overlay(picture, found, OverlayMode.INSTANCES, palette)

    def fill() -> list[bytes]:
        library = SerializedMessages()
        pictures = ((found.mask(), "mono8"), (found.instances(), "mono8"), (overlay, "bgr8"))
        return [
            serialize(HAND_INSTANCES, hands_message(library, Header(), found, circumstances)),
            *(_serialized(library, pixels, encoding) for pixels, encoding in pictures),
        ]

    stages = [
        Stage.of("receive", _times(lambda: read_image(packed, Header()))),
        Stage.of("convert", _times(lambda: to_bgr(image))),
        *_inside(frames),
        Stage.of("overlay", _times(draw)),
        Stage.of("fill", _times(fill)),
    ]
    with _publishing() as publish:
        messages = fill()
        stages.append(Stage.of("publish", _times(lambda: publish(messages))))
    return stages


def _inside(frames: list[Segmentation]) -> list[Stage]:
    timings = [frame.timings for frame in frames]
    return [
        Stage.of("resize", [item.preprocessing for item in timings]),
        Stage.of("inference", [item.inference for item in timings]),
        Stage.of("decode", [item.decoding for item in timings]),
    ]


@contextmanager
def _publishing() -> Iterator[Callable[[list[bytes]], None]]:
    """Yield a function that publishes hands and three images, which a process listens to."""
    rclpy.init()
    node = rclpy.create_node("hand_segmentation")
    kinds = (HandInstances, Image, Image, Image)
    publishers = [
        node.create_publisher(kind, f"~/{name}", 10)
        for kind, name in zip(kinds, EVERYTHING, strict=True)
    ]
    with listening():
        while not all(publisher.get_subscription_count() for publisher in publishers):
            time.sleep(0.05)

        def publish(messages: list[bytes]) -> None:
            for publisher, message in zip(publishers, messages, strict=True):
                publisher.publish(message)

        yield publish
    node.destroy_node()
    rclpy.try_shutdown()


def _times(work: Callable[[], Any]) -> list[float]:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
        time.sleep(0.002)  # a camera pauses too
    return taken


def _serialized(library: SerializedMessages, pixels: np.ndarray, encoding: str) -> bytes:
    message = library.new(IMAGE)
    fill_image(message, pixels, encoding, library.data)
    return serialize(IMAGE, message)


def _image(pixels: np.ndarray, encoding: str) -> Image:
    message = Image()
    fill_image(message, pixels, encoding)
    return message
