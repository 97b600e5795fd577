"""From what the core answers to the package's messages."""

from __future__ import annotations

from geometry_msgs.msg import Point
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Header

from handseg_ros.image_messages.encode import fill_image
from handseg_ros.msg import HandInstance, HandInstances, LabelInfo
from handseg_ros.segmentation.description import BACKGROUND
from handseg_ros.segmentation.hands import Box, Hand, Segmentation

MASK_VALUE = 255


def hands_message(header: Header, segmentation: Segmentation, model: str) -> HandInstances:
    """Return the message of one frame's hands; `header` is the input image's own."""
    return HandInstances(
        header=header,
        height=segmentation.height,
        width=segmentation.width,
        model=model,
        hands=[_hand_message(header, hand, segmentation) for hand in segmentation.hands],
    )


def label_message(header: Header, name: str | None) -> LabelInfo:
    """Return the names of the values in the mask of a class: `MASK_VALUE` is the class.

    Without a name, for a class that the model does not know, there is background alone.
    """
    labels = {0: BACKGROUND} if name is None else {0: BACKGROUND, MASK_VALUE: name}
    return LabelInfo(header=header, values=list(labels), names=list(labels.values()))


def _hand_message(header: Header, hand: Hand, segmentation: Segmentation) -> HandInstance:
    mask = Image(header=header)
    fill_image(mask, hand.mask, "mono8")
    return HandInstance(
        id=hand.id,
        track_id=0,
        side=int(hand.side),
        side_confidence=hand.side_confidence,
        score=hand.score,
        roi=_roi(hand.box),
        mask=mask,
        area=hand.area,
        centroid_x=hand.centroid[0],
        centroid_y=hand.centroid[1],
        position=Point(),
        position_valid=False,
        touched_roi=_roi(Box.around(item.box for item in segmentation.touched_by(hand))),
    )


def _roi(box: Box) -> RegionOfInterest:
    return RegionOfInterest(x_offset=box.x, y_offset=box.y, width=box.width, height=box.height)
