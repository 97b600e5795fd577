"""From what the core answers to the package's messages."""

from __future__ import annotations

from geometry_msgs.msg import Point
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Header

from handseg_ros.image_messages.encode import fill_image
from handseg_ros.msg import HandInstance, HandInstances, LabelInfo
from handseg_ros.segmentation.hands import Hand, Segmentation

MASK_VALUE = 255


def hands_message(header: Header, segmentation: Segmentation, model: str) -> HandInstances:
    """Return the message of one frame's hands; `header` is the input image's own."""
    return HandInstances(
        header=header,
        height=segmentation.height,
        width=segmentation.width,
        model=model,
        hands=[_hand_message(header, hand) for hand in segmentation.hands],
    )


def label_message(header: Header, hand_name: str) -> LabelInfo:
    """Return the names of the values in the mask: 0 is background, `MASK_VALUE` the hand."""
    return LabelInfo(header=header, values=[0, MASK_VALUE], names=["background", hand_name])


def _hand_message(header: Header, hand: Hand) -> HandInstance:
    mask = Image(header=header)
    fill_image(mask, hand.mask, "mono8")
    return HandInstance(
        id=hand.id,
        track_id=0,
        side=int(hand.side),
        side_confidence=hand.side_confidence,
        score=hand.score,
        roi=RegionOfInterest(
            x_offset=hand.box.x,
            y_offset=hand.box.y,
            width=hand.box.width,
            height=hand.box.height,
        ),
        mask=mask,
        area=hand.area,
        centroid_x=hand.centroid[0],
        centroid_y=hand.centroid[1],
        position=Point(),
        position_valid=False,
    )
