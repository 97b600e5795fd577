"""Guards that OpenCV's path, rosbags-image and cv_bridge give the same pixels."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest
from image_messages.messages import image, random_pixels

from handseg_ros.image_messages import ros_bridge, to_bgr
from handseg_ros.image_messages.encodings import PACKED, stretched

# nv12 and nv21 are left out: rosbags-image reads them as one plane of `height` rows
BOTH_KNOW = [
    *(f"{name}{bits}" for name in ("bgr", "rgb", "bgra", "rgba", "mono") for bits in (8, 16)),
    *(f"bayer_{order}{bits}" for order in ("rggb", "bggr", "gbrg", "grbg") for bits in (8, 16)),
    *("uyvy", "yuv422", "yuyv", "yuv422_yuy2", "8UC3"),
]


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("encoding", BOTH_KNOW)
def test_same_as_rosbags_image(encoding: str, big: bool) -> None:
    rosbags_image = pytest.importorskip("rosbags.image")
    bits = 8 * PACKED[encoding].dtype.itemsize
    for seed in range(3):
        # rosbags-image ignores `step`, so no padding; and swaps bytes of 8 bits to no effect
        message = image(random_pixels(encoding, 24, 32, seed), encoding, big=big and bits == 16)

        theirs = rosbags_image.image_to_cvimage(message, "bgr8")

        # it cuts 16 bits off where cv_bridge, and so this package, rounds
        assert np.abs(to_bgr(message).astype(int) - theirs).max() <= (1 if bits == 16 else 0)


def test_rosbags_message() -> None:
    stores = pytest.importorskip("rosbags.typesys")
    types = stores.get_typestore(stores.Stores.LATEST).types
    wanted = image(random_pixels("rgb8", 6, 7, seed=1), "rgb8", padding=3)
    header = types["std_msgs/msg/Header"](types["builtin_interfaces/msg/Time"](0, 0), "camera")
    data = np.frombuffer(wanted.data, np.uint8)

    message = types["sensor_msgs/msg/Image"](header, 6, 7, "rgb8", 0, wanted.step, data)

    assert np.array_equal(to_bgr(message), to_bgr(wanted))


@pytest.mark.parametrize("encoding", sorted(ros_bridge.ENCODINGS))
def test_same_as_cv_bridge(encoding: str) -> None:
    pytest.importorskip("cv_bridge", reason="cv_bridge comes with a ROS installation")
    if not ros_bridge.knows(encoding):
        pytest.skip(f"the cv_bridge that is installed cannot convert {encoding}")
    pixels = random_pixels(encoding, 24, 32, seed=5)

    theirs = ros_bridge.to_bgr(pixels, encoding)

    assert theirs.dtype == np.uint8
    assert np.array_equal(theirs, PACKED[encoding].to_bgr(pixels))
    assert np.array_equal(theirs, to_bgr(image(pixels, encoding, padding=3, big=True)))


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
def test_measures_same_as_cv_bridge_for_display(encoding: str) -> None:
    boost = pytest.importorskip(
        "cv_bridge.boost.cv_bridge_boost", reason="cv_bridge comes with a ROS installation"
    )
    pixels = random_pixels(encoding, 24, 32, seed=5)

    theirs = boost.cvtColorForDisplay(pixels, encoding, "bgr8", do_dynamic_scaling=True)

    assert np.abs(stretched(pixels).astype(int) - theirs).max() <= 1
