"""Guards that no picture which the node publishes is taken for a camera's, live or in a bag."""

from __future__ import annotations

from sensor_msgs.msg import CompressedImage, Image

from handseg_ros.image_messages.output_topics import OUTPUT_IMAGE_NAMES
from handseg_ros.nodes.outputs.topics import PER_FRAME


def test_every_picture_of_the_node_is_known_by_its_name() -> None:
    pictures = {topic.name for topic in PER_FRAME if topic.type in (Image, CompressedImage)}
    assert {
        name.removeprefix("~/").removesuffix("/compressed") for name in pictures
    } == OUTPUT_IMAGE_NAMES
