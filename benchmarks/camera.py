"""A camera as a process of its own: shows one picture at a rate, until SIGINT or SIGTERM.

Every image carries the time at which it was sent; depth and calibration, if any, go before it. It
begins when somebody listens, and prints how many it sent, as JSON, when it ends. Messages are made
once, and sent as bytes in which the stamp alone is new: so it takes little of the cores that it
shares with the node, as a camera's driver in C++ does.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
import signal
import struct
import threading
import time
from typing import Any

import numpy as np
import rclpy
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from handseg_ros.image_messages.encode import fill_compressed, fill_image

RAW, COMPRESSED = "raw", "compressed"
# What is missing of a period is slept in steps, so that a signal ends it.
_STEP = 0.05
# In CDR the stamp of a message that begins with a header: seconds and nanoseconds, little endian.
_STAMP = struct.Struct("<iI")
_STAMP_BEGINS = 4


def main() -> None:
    """Publish as told by the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", help="the picture: a .npy file of uint8 (height, width, 3), BGR")
    parser.add_argument("--rate", type=float, required=True, help="images a second")
    parser.add_argument("--transport", choices=(RAW, COMPRESSED), default=RAW)
    parser.add_argument("--depth", help="its depth: a .npy file of uint16 (height, width), mm")
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    rclpy.init(signal_handler_options=rclpy.SignalHandlerOptions.NO)
    print(json.dumps({"sent": _publish(np.load(arguments.picture), arguments, ended)}), flush=True)
    rclpy.try_shutdown()


def _publish(picture: np.ndarray, arguments: argparse.Namespace, ended: threading.Event) -> int:
    node = rclpy.create_node("bench_camera")
    is_raw = arguments.transport == RAW
    message = Image() if is_raw else CompressedImage()
    if is_raw:
        fill_image(message, picture, "bgr8")
    else:
        fill_compressed(message, picture, "jpeg")
    topic = "image" if is_raw else "image/compressed"
    messages = {} if arguments.depth is None else _depth(np.load(arguments.depth))
    messages[topic] = message
    publishers = {
        # What belongs to an image must not be lost to what belongs to the next.
        name: node.create_publisher(type(each), name, QoSProfile(depth=1 if name == topic else 10))
        for name, each in messages.items()
    }
    prepared = {name: bytearray(serialize_message(each)) for name, each in messages.items()}
    while not all(each.get_subscription_count() for each in publishers.values()):
        if ended.wait(_STEP):
            break
    sent, due = 0, time.monotonic()
    while not ended.wait(max(0.0, due - time.monotonic())):
        stamp = divmod(time.time_ns(), 1_000_000_000)
        for name, each in prepared.items():
            _STAMP.pack_into(each, _STAMP_BEGINS, *stamp)
            publishers[name].publish(bytes(each))
        sent += 1
        due = max(due + 1.0 / arguments.rate, time.monotonic())
    node.destroy_node()
    return sent


def _depth(depth: np.ndarray) -> dict[str, Any]:
    """Return the messages of depth, by topic: a camera with 60 degrees of view and some bulge."""
    height, width = depth.shape
    focal = 0.866 * width
    info = CameraInfo(
        width=width,
        height=height,
        distortion_model="plumb_bob",
        d=[0.1, -0.05, 0.0, 0.0, 0.0],
        k=[focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0],
    )
    image = Image()
    fill_image(image, depth, "16UC1")
    return {"camera_info": info, "depth": image}


if __name__ == "__main__":
    main()
