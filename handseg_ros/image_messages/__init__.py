"""Image messages to pixels and back, on any object that has the message's attributes."""

# SPDX-License-Identifier: Apache-2.0

from handseg_ros.image_messages.compressed import decode_compressed
from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.image_messages.encode import fill_compressed, fill_image

__all__ = ["decode_compressed", "fill_compressed", "fill_image", "to_bgr"]
