"""Guards the messages: every field explained, the promised fields, serialization."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Vector3
from handseg_ros.msg import HandInstance, HandInstances, LabelInfo
from handseg_ros.srv import CaptureBackground, SegmentImage
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Header

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = sorted((ROOT / "msg").glob("*.msg")) + sorted((ROOT / "srv").glob("*.srv"))
VALUE = r"(=\s*\w+\s*|[\d.]+\s*)?"  # of a constant, or a default
FIELD = re.compile(rf"^[\w/\[\]<=]+\s+(?P<name>\w+)\s*{VALUE}(#\s*(?P<comment>.*))?$")
BETWEEN_REQUEST_AND_RESPONSE = "---"
UNIT_OR_RANGE = re.compile(r"\d|pixels|metres|empty|true|SIDE_|stamp")


def fields(path: Path) -> list[re.Match[str]]:
    """The lines of a .msg or .srv that define a field or a constant."""
    lines = (line.strip() for line in path.read_text().splitlines())
    telling = (line for line in lines if line not in ("", BETWEEN_REQUEST_AND_RESPONSE))
    found = [(line, FIELD.match(line)) for line in telling if not line.startswith("#")]
    assert all(match for _, match in found), [line for line, match in found if not match]
    return [match for _, match in found if match]


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_every_field_is_explained(path: Path) -> None:
    """A reader of `ros2 interface show` sees the unit or the range of each value."""
    assert path.read_text().startswith("# ")
    for field in fields(path):
        comment = field["comment"] or ""
        assert len(comment) > 10, f"{path.name}: {field['name']} has no comment"
        constant = field["name"].isupper()
        assert constant or UNIT_OR_RANGE.search(comment), f"{path.name}: {field['name']}"


@pytest.mark.parametrize(
    ("message", "promised"),
    [
        (
            HandInstance,
            {
                "id": "uint8",
                "track_id": "uint32",
                "side": "uint8",
                "side_confidence": "float",
                "score": "float",
                "roi": "sensor_msgs/RegionOfInterest",
                "mask": "sensor_msgs/Image",
                "area": "uint32",
                "centroid_x": "float",
                "centroid_y": "float",
                "position": "geometry_msgs/Point",
                "position_valid": "boolean",
                "extent": "geometry_msgs/Vector3",
                "depth_share": "float",
                "touched_roi": "sensor_msgs/RegionOfInterest",
                "touched_mask": "sensor_msgs/Image",
                "touched_score": "float",
            },
        ),
        (
            HandInstances,
            {
                "header": "std_msgs/Header",
                "sequence": "uint64",
                "input_age": "builtin_interfaces/Duration",
                "height": "uint32",
                "width": "uint32",
                "model": "string",
                "hands": "sequence<handseg_ros/HandInstance>",
            },
        ),
        (
            LabelInfo,
            {"header": "std_msgs/Header", "values": "sequence<uint8>", "names": "sequence<string>"},
        ),
        (CaptureBackground.Request, {"delay": "double", "averaging_time": "double"}),
        (CaptureBackground.Response, {"success": "boolean", "message": "string"}),
        (SegmentImage.Request, {"image": "sensor_msgs/Image"}),
        (
            SegmentImage.Response,
            {"success": "boolean", "message": "string", "hands": "handseg_ros/HandInstances"},
        ),
    ],
    ids=[
        *("HandInstance", "HandInstances", "LabelInfo"),
        *("CaptureBackground request", "CaptureBackground response"),
        *("SegmentImage request", "SegmentImage response"),
    ],
)
def test_fields_are_those_promised(message: Any, promised: dict[str, str]) -> None:
    """Others build on these names and types."""
    assert message.get_fields_and_field_types() == promised


def test_sides_are_named() -> None:
    """Nobody should have to write the number of a side."""
    assert HandInstance.SIDE_UNKNOWN == HandInstance().side == 0
    assert (HandInstance.SIDE_LEFT, HandInstance.SIDE_RIGHT) == (1, 2)


def test_a_background_is_averaged_over_five_seconds_by_default() -> None:
    """Who calls the service without a word gets what is promised."""
    request = CaptureBackground.Request()
    assert (request.delay, request.averaging_time) == (0.0, 5.0)


def test_hands_survive_serialization() -> None:
    """The generated type support of the installed package carries every field."""
    header = Header(frame_id="camera_optical_frame")
    header.stamp.sec, header.stamp.nanosec = 12, 345
    mask = Image(header=header, height=2, width=3, encoding="mono8", step=3, data=[0, 255] * 3)
    hand = HandInstance(
        id=255,
        track_id=4294967295,
        side=HandInstance.SIDE_RIGHT,
        side_confidence=0.75,
        score=0.5,
        roi=RegionOfInterest(x_offset=7, y_offset=8, height=2, width=3),
        mask=mask,
        area=3,
        centroid_x=8.5,
        centroid_y=8.25,
        position=Point(x=0.1, y=-0.2, z=1.5),
        position_valid=True,
        extent=Vector3(x=0.1, y=0.2, z=0.05),
        depth_share=0.875,
        touched_roi=RegionOfInterest(x_offset=1, y_offset=2, height=2, width=3),
        touched_mask=mask,
        touched_score=0.25,
    )
    sent = HandInstances(
        header=header,
        sequence=2**63,
        input_age=Duration(sec=-1, nanosec=999_999_999),
        height=480,
        width=640,
        model="hands 0.1.0",
        hands=[hand],
    )
    assert deserialize_message(serialize_message(sent), HandInstances) == sent


def test_labels_survive_serialization() -> None:
    """The two lists of LabelInfo stay parallel on the way."""
    sent = LabelInfo(values=[0, 255], names=["background", "hand"])
    assert deserialize_message(serialize_message(sent), LabelInfo) == sent
