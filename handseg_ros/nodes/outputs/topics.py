"""The node's output topics: their names, their types, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass

from sensor_msgs.msg import CompressedImage, Image, PointCloud2
from visualization_msgs.msg import MarkerArray

from handseg_ros.msg import HandInstances, LabelInfo
from handseg_ros.segmentation.description import OBJECT

# What a topic can need beside classes of the model.
DEPTH = "depth"


@dataclass(frozen=True)
class Topic:
    """One output: its private name, message type, and what docs/reference/topics.md says of it.

    It is filled when all is known that it `needs`: a class of the model's, or depth.
    """

    name: str
    type: type
    content: str
    needs: tuple[str, ...] = ()


HANDS = Topic("~/hands", HandInstances, "the hands of every processed frame, empty when none")
MASK = Topic("~/mask", Image, "mono8, 0 or 255: the union of the hands")
INSTANCES = Topic("~/instances", Image, "mono8, 0 background, else the hand's id in this frame")
INSTANCES_COLOR = Topic(
    "~/instances_color", Image, "bgr8: the ids as colours and numbers on black, for people"
)
OVERLAY = Topic("~/overlay", Image, "bgr8: the image with its hands and objects drawn, for people")
MASK_PNG = Topic("~/mask/compressed", CompressedImage, "the mask as PNG, lossless")
INSTANCES_PNG = Topic("~/instances/compressed", CompressedImage, "the ids as PNG, lossless")
OVERLAY_JPEG = Topic("~/overlay/compressed", CompressedImage, "the overlay as JPEG")
OBJECTS = Topic(
    "~/objects", Image, "mono8, 0 or 255: the objects, of models that know objects", (OBJECT,)
)
KEEP_OUT = Topic(
    "~/keep_out", Image, "mono8, 0 or 255: the hands grown by a distance, also without depth"
)
DEPTH_WITHOUT_HANDS = Topic(
    "~/depth_without_hands",
    Image,
    "the depth image, of its own encoding and header, unknown where ~/keep_out is",
    (DEPTH,),
)
POINTS = Topic(
    "~/points", PointCloud2, "x y z rgb instance: the hands' points, instance = id", (DEPTH,)
)
OBJECT_POINTS = Topic(
    "~/object_points",
    PointCloud2,
    "the same of the objects that hands touch, instance = id of the hand",
    (OBJECT, DEPTH),
)
MARKERS = Topic(
    "~/markers", MarkerArray, "for RViz: a sphere and a name at each hand's position", (DEPTH,)
)
LABELS = Topic("~/label_info", LabelInfo, "latched: the names of the mask's values")
OBJECT_LABELS = Topic("~/objects/label_info", LabelInfo, "latched: the same of the objects' values")

PER_FRAME = (
    HANDS,
    MASK,
    INSTANCES,
    INSTANCES_COLOR,
    OVERLAY,
    MASK_PNG,
    INSTANCES_PNG,
    OVERLAY_JPEG,
    OBJECTS,
    KEEP_OUT,
    DEPTH_WITHOUT_HANDS,
    POINTS,
    OBJECT_POINTS,
    MARKERS,
)
LATCHED = (LABELS, OBJECT_LABELS)
