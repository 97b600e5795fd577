"""The node that one writes first, with the same network: a baseline, not to be used.

It copies each image into an array of its own, prepares it in float over the whole picture, takes
the network's probabilities to full size as float before it thresholds them, keeps a full-size float
mask for every hand, fills messages from bytes, and publishes everything in the subscription's own
callback whether anybody listens or not.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import contextlib

import cv2
import numpy as np
import onnxruntime
import rclpy
from handseg_ros.msg import HandInstance, HandInstances
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from handseg_ros.segmentation.model_store import find_model

WIDTH, HEIGHT = 320, 256
_LEAST_AREA = 0.0005


class ObviousNode(Node):
    """Answers `image` on the topics of the real node."""

    def __init__(self) -> None:
        super().__init__("hand_segmentation")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(find_model("hands")), options, providers=["CPUExecutionProvider"]
        )
        self._mask = self.create_publisher(Image, "~/mask", 10)
        self._instances = self.create_publisher(Image, "~/instances", 10)
        self._overlay = self.create_publisher(Image, "~/overlay", 10)
        self._hands = self.create_publisher(HandInstances, "~/hands", 10)
        self.create_subscription(Image, "image", self._on_image, 10)

    def _on_image(self, message: Image) -> None:
        frame = np.array(message.data, np.uint8).reshape(message.height, message.width, 3)
        masks = _hands_of(_probability(self._session, frame))
        ids = np.zeros(frame.shape[:2], np.float32)
        for number, mask in enumerate(masks, 1):
            ids = np.where(mask > 0.5, float(number), ids)
        union = (ids > 0).astype(np.float32)
        tint = np.zeros(frame.shape, np.float32)
        tint[..., 1] = 255.0
        weight = 0.4 * union[..., None]
        overlay = frame.astype(np.float32) * (1.0 - weight) + tint * weight
        header = message.header
        self._mask.publish(_image(header, (union * 255).astype(np.uint8), "mono8"))
        self._instances.publish(_image(header, ids.astype(np.uint8), "mono8"))
        self._overlay.publish(_image(header, overlay.astype(np.uint8), "bgr8"))
        self._hands.publish(_hands_message(header, masks))


def _probability(session: onnxruntime.InferenceSession, frame: np.ndarray) -> np.ndarray:
    """Return each pixel's probability of being hand: float32 (height, width)."""
    scaled = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.float32) / 255.0
    small = cv2.resize(scaled, (WIDTH, HEIGHT))
    values = (small * 255.0).round().astype(np.uint8)  # what this network takes
    maps = session.run(None, {"image": values[None]})[0][0]
    logits = np.stack([np.zeros_like(maps[0]), maps[0]])
    exponents = np.exp(logits - logits.max(axis=0))
    softmax = exponents / exponents.sum(axis=0)
    return cv2.resize(softmax[1], (frame.shape[1], frame.shape[0]))


def _hands_of(probability: np.ndarray) -> list[np.ndarray]:
    """Return a full-size float mask for every connected region, largest first."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats((probability > 0.6).astype(np.uint8))
    order = sorted(range(1, count), key=lambda label: -facts[label, cv2.CC_STAT_AREA])
    least = _LEAST_AREA * probability.size
    kept = [label for label in order if facts[label, cv2.CC_STAT_AREA] >= least]
    return [(labels == label).astype(np.float32) * probability for label in kept]


def _hands_message(header: Header, masks: list[np.ndarray]) -> HandInstances:
    message = HandInstances(header=header, model="obvious")
    message.height, message.width = masks[0].shape if masks else (0, 0)
    for number, mask in enumerate(masks, 1):
        pixels = ((mask > 0.5) * 255).astype(np.uint8)
        hand = HandInstance(id=number, score=float(mask[mask > 0.5].mean()))
        hand.mask = _image(header, pixels, "mono8")
        hand.area = int((pixels > 0).sum())
        message.hands.append(hand)
    return message


def _image(header: Header, pixels: np.ndarray, encoding: str) -> Image:
    message = Image(header=header, encoding=encoding)
    message.height, message.width = pixels.shape[:2]
    message.step = pixels.strides[0]
    message.data = pixels.tobytes()
    return message


def main() -> None:
    """Run until SIGINT."""
    argparse.ArgumentParser(description=__doc__).parse_known_args()
    rclpy.init()
    node = ObviousNode()
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
