"""Guards that depth is only used with the image and the calibration that it belongs to."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from sensor_msgs.msg import Image, RegionOfInterest
from support.rgbd import calibration, depth_message, header

from handseg_ros.nodes.depth.depth_frame import DepthFrameBuilder
from handseg_ros.nodes.input.pending_frame import DepthMessages
from handseg_ros.segmentation.errors import CalibrationError, DepthError, HandsegError

SIZE = (6, 8)
IMAGE = "/camera/image_raw"


@dataclass(frozen=True)
class Frame:
    """An image's size and frame, and what comes with it."""

    size: tuple[int, int] = SIZE
    frame: str = "camera"
    depth_size: tuple[int, int] = SIZE
    depth_frame: str = "camera"
    info_size: tuple[int, int] = SIZE
    info_frame: str = "camera"

    def messages(self) -> DepthMessages:
        depth = depth_message(np.full(self.depth_size, 700, np.uint16))
        depth.header = header(0, self.depth_frame)
        info = calibration(*self.info_size)
        info.header.frame_id = self.info_frame
        return DepthMessages(depth, info)


def seen(frame: Frame, builder: DepthFrameBuilder) -> object:
    return builder.of(frame.messages(), header(0, frame.frame), frame.size, IMAGE)


@pytest.mark.parametrize(
    ("frame", "kind", "words"),
    [
        (Frame(depth_size=(3, 4)), DepthError, "depth 4x3 is not aligned to 8x6"),
        (Frame(info_size=(3, 4)), CalibrationError, "camera_info is for 4x3 but the image is 8x6"),
        (Frame(size=(3, 4)), CalibrationError, "camera_info is for 8x6 but the image is 4x3"),
        (Frame(depth_frame="other"), DepthError, "frame 'other', but the image in 'camera'"),
        (
            Frame(info_frame="infrared"),
            CalibrationError,
            "camera_info is of the frame 'infrared', but the image in 'camera': remap camera_info",
        ),
    ],
)
def test_what_does_not_belong_together_is_named(
    frame: Frame, kind: type[HandsegError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        seen(frame, DepthFrameBuilder())


@pytest.mark.parametrize("frame", [Frame(info_frame=""), Frame(frame="", depth_frame="")])
def test_a_frame_that_is_not_named_is_no_other_one(frame: Frame) -> None:
    assert seen(frame, DepthFrameBuilder())


def test_the_camera_is_kept_while_its_calibration_stays() -> None:
    builder = DepthFrameBuilder()
    messages = Frame().messages()
    cameras = [builder.of(messages, header(n, "camera"), SIZE, IMAGE).view.camera for n in range(2)]
    zoomed = DepthMessages(messages.image, calibration(*SIZE))
    zoomed.camera_info.k = [2 * value for value in messages.camera_info.k]

    assert cameras[0] is cameras[1]
    assert (
        builder.of(zoomed, header(2, "camera"), SIZE, IMAGE).view.camera.focal
        == 2 * cameras[0].focal
    )


def test_the_view_is_of_the_message() -> None:
    messages = Frame().messages()

    found = DepthFrameBuilder().of(messages, header(0, "camera"), SIZE, IMAGE)

    assert isinstance(found.message, Image)
    assert found.message is messages.image
    assert found.view.depth.size == SIZE
    assert (found.view.depth.picture == 700).all()


@pytest.mark.parametrize(
    ("topic", "focal"),
    [
        ("/camera/image_raw", 256.0),
        ("/camera/image_rect", 200.0),
        ("/camera/image_rect_color/compressed", 200.0),
        ("/image_rect_test/image_raw", 256.0),
    ],
)
def test_rectified_images_are_seen_by_p_and_others_by_k_and_d(topic: str, focal: float) -> None:
    messages = Frame().messages()
    info = messages.camera_info
    info.d = [-0.3, 0.1, 0.0, 0.0, 0.0]
    info.p = [200.0, 0.0, 4.5, -20.0, 0.0, 200.0, 2.5, 0.0, 0.0, 0.0, 1.0, 0.0]

    camera = DepthFrameBuilder().of(messages, header(0, "camera"), SIZE, topic).view.camera

    assert camera.focal == focal
    assert camera.model == ("plumb_bob" if focal == 256.0 else "none")
    if camera.model == "none":
        np.testing.assert_allclose(camera.matrix[:2, 2], (4.5, 2.5))


def test_rectified_images_need_a_p_where_the_lens_distorts() -> None:
    messages = Frame().messages()
    builder, own, topic = DepthFrameBuilder(), header(0, "camera"), "/camera/image_rect"
    assert builder.of(messages, own, SIZE, topic).view.camera.focal == 256.0

    messages.camera_info.d = [-0.3, 0.1, 0.0, 0.0, 0.0]
    with pytest.raises(CalibrationError, match=r"image is rectified, .*has no P"):
        builder.of(messages, own, SIZE, topic)


@pytest.mark.parametrize(
    ("roi", "binning", "focal", "middle"),
    [
        (RegionOfInterest(), (2, 2), 128.0, (3.75, 2.75)),
        (RegionOfInterest(x_offset=4, y_offset=2, width=8, height=6), (0, 0), 256.0, (4.0, 4.0)),
        (RegionOfInterest(x_offset=4, width=16, height=12), (2, 2), 128.0, (1.75, 2.75)),
    ],
)
def test_what_is_read_out_of_the_sensor_is_measured_as_such(
    roi: RegionOfInterest, binning: tuple[int, int], focal: float, middle: tuple[float, float]
) -> None:
    messages = Frame().messages()
    info = DepthMessages(messages.image, calibration(12, 16))
    info.camera_info.roi = roi
    info.camera_info.binning_x, info.camera_info.binning_y = binning

    camera = DepthFrameBuilder().of(info, header(0, "camera"), SIZE, IMAGE).view.camera

    assert (camera.size, camera.focal) == (SIZE, focal)
    np.testing.assert_allclose(camera.matrix[:2, 2], middle)
