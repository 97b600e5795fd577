"""From what the core answers to the package's messages."""

from __future__ import annotations

from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Header

from handseg_ros.image_messages.hands import Circumstances, MessageFactories
from handseg_ros.image_messages.hands import hands_message as filled
from handseg_ros.msg import HandInstance, HandInstances, LabelInfo
from handseg_ros.segmentation.description import BACKGROUND
from handseg_ros.segmentation.hands import Segmentation

MASK_VALUE = 255
_FACTORIES = MessageFactories(
    image=Image, region=RegionOfInterest, hand=HandInstance, hands=HandInstances
)


def hands_message(
    header: Header, segmentation: Segmentation, circumstances: Circumstances
) -> HandInstances:
    """Return the message of one frame's hands; `header` is the input image's own."""
    return filled(_FACTORIES, header, segmentation, circumstances)


def label_message(header: Header, name: str | None) -> LabelInfo:
    """Return the names of the values in the mask of a class: `MASK_VALUE` is the class.

    Without a name, for a class that the model does not know, there is background alone.
    """
    labels = {0: BACKGROUND} if name is None else {0: BACKGROUND, MASK_VALUE: name}
    return LabelInfo(header=header, values=list(labels), names=list(labels.values()))
