"""From a frame's depth messages to what its camera sees in metres."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from handseg_ros.depth.camera import Camera
from handseg_ros.depth.view import View
from handseg_ros.image_messages.depth import depth_of
from handseg_ros.nodes.camera_topics import is_rectified
from handseg_ros.nodes.input.pending_frame import DepthMessages
from handseg_ros.outputs.segmented_frame import DepthFrame
from handseg_ros.segmentation.errors import CalibrationError, DepthError, quoted
from handseg_ros.segmentation.geometry import Size
from handseg_ros.segmentation.hands import Box


class DepthFrameBuilder:
    """Makes views of messages; the camera stays the same while its calibration does.

    For what a camera has worked out, the directions of its pixels, is worth keeping.
    """

    def __init__(self) -> None:
        self._camera: Camera | None = None

    def of(self, messages: DepthMessages, header: Header, size: Size, topic: str) -> DepthFrame:
        """Return what is seen, for an image of this header and (height, width) on a topic.

        The topic's name tells whether the image is rectified, as CameraInfo does not.
        Raises CalibrationError, DepthError or ImageError when calibration or depth cannot be used,
        or don't belong to the image.
        """
        depth = messages.image
        if depth.header.frame_id != header.frame_id:
            raise DepthError(
                f"depth is in the frame {quoted(depth.header.frame_id)}, but the image in "
                f"{quoted(header.frame_id)}: subscribe to the depth that is aligned to the colour "
                "image"
            )
        _check_frame(messages.camera_info, header)
        camera = self._camera_of(messages.camera_info, size, topic)
        camera.check(size)
        return DepthFrame(View(depth_of(depth), camera), depth)

    def _camera_of(self, info: CameraInfo, size: Size, topic: str) -> Camera:
        # without distortion K serves as well, which some drivers give alone
        if is_rectified(topic) and (any(info.p) or any(info.d)):
            camera = Camera.of_rectified(info.width, info.height, info.p)
        else:
            camera = Camera.of(info.width, info.height, info.k, info.d, info.distortion_model)
        if camera.size != size:
            camera = _read_out(camera, info)
        if camera != self._camera:
            self._camera = camera
        assert self._camera is not None
        return self._camera


def _check_frame(info: CameraInfo, header: Header) -> None:
    """Raise CalibrationError for another camera's calibration; files of some drivers name none."""
    own, frame = info.header.frame_id, header.frame_id
    if own and frame and own != frame:
        raise CalibrationError(
            f"camera_info is of the frame {quoted(own)}, but the image in {quoted(frame)}: remap "
            "camera_info to the calibration of the camera that sends the image"
        )


def _read_out(camera: Camera, info: CameraInfo) -> Camera:
    """Return the camera of what is sent of its image: a region, binned; 0 stands for all and 1."""
    roi = info.roi
    whole = Box(0, 0, camera.width, camera.height)
    region = Box(roi.x_offset, roi.y_offset, roi.width, roi.height)
    binning = max(1, info.binning_x), max(1, info.binning_y)
    return camera.read_out(region if roi.width and roi.height else whole, binning)
