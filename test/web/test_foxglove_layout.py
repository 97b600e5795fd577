"""Guards config/foxglove_layout.json: what it shows is what the code sends, live and in bags."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from foxglove import layouts
from support.assets import rendered_hands
from support.bags import image_entry, stamp_of, write_bag
from support.checkout import ROOT

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.definitions import read_message, types_of
from handseg_ros.cli.main import main
from handseg_ros.image_messages.message_library import COMPRESSED_IMAGE, IMAGE
from handseg_ros.nodes.input import image_input
from handseg_ros.nodes.rviz_config import NODE
from handseg_ros.outputs.table import OUTPUTS
from handseg_ros.web.foxglove import topics

LAYOUT: dict[str, Any] = json.loads(
    (ROOT / "config" / "foxglove_layout.json").read_text(encoding="utf-8")
)
PANELS: dict[str, dict[str, Any]] = LAYOUT["configById"]
OF_THE_NODE = {f"{NODE}/{output.name}": output for output in OUTPUTS}
SERVED = {value for name, value in vars(topics).items() if name.isupper() and name != "NODE"}


def panels_in(part: str | dict[str, Any]) -> Iterator[str]:
    """The panels of a part of the arrangement."""
    if isinstance(part, str):
        yield part
    else:
        yield from panels_in(part["first"])
        yield from panels_in(part["second"])


def topics_of(panel: str) -> set[str]:
    """The topics that a panel shows."""
    return set(re.findall(r"\"(/[\w/]+)[.\"]", json.dumps(PANELS[panel]))) - {NODE}


def test_every_panel_has_its_place() -> None:
    assert sorted(panels_in(LAYOUT["layout"])) == sorted(PANELS)


def test_live_topics_have_the_names_of_the_node_s() -> None:
    assert f"/{image_input.TOPIC}" == topics.IMAGE
    below = {topic for topic in SERVED if topic.startswith(NODE)}
    assert below - set(OF_THE_NODE) == {topics.ANNOTATIONS}


def test_what_is_shown_is_sent_live_or_by_the_node() -> None:
    """And all that is sent is shown, but for the ids, which a picture shows as black."""
    shown = set().union(*map(topics_of, PANELS))
    assert shown <= SERVED | set(OF_THE_NODE)
    assert SERVED - shown == {topics.INSTANCES}


def test_each_panel_gets_what_it_can_show() -> None:
    """Foxglove takes an image as ROS has it or as its own; the scene is of markers and points."""
    images = {PANELS[panel]["imageMode"]["imageTopic"] for panel in PANELS if "Image!" in panel}
    assert images == {topics.IMAGE, topics.OVERLAY, topics.MASK}
    for topic in images - {topics.IMAGE}:
        assert OF_THE_NODE[topic].msgtype in (IMAGE, COMPRESSED_IMAGE)
    assert OF_THE_NODE[topics.POINTS].msgtype == "sensor_msgs/msg/PointCloud2"
    assert OF_THE_NODE[topics.MARKERS].msgtype == "visualization_msgs/msg/MarkerArray"


def test_a_recorded_bag_has_what_its_panels_show(tmp_path: Path) -> None:
    """As `handseg record-masks` writes it by itself; only outlines and space are missing."""
    bag = write_bag(tmp_path / "bag", [image_entry(topics.IMAGE, stamp_of(0), rendered_hands())])
    out = tmp_path / "out.mcap"
    assert main(["record-masks", str(bag), str(out), "--model", "hands_fast"]) == 0
    with Bag(out) as recorded:
        assert set().union(*map(topics_of, PANELS)) - set(recorded.topics) == {
            topics.ANNOTATIONS,
            topics.CAMERA_INFO,
            topics.DIAGNOSTICS,
            topics.MARKERS,
            topics.POINTS,
        }
        for topic in (topics.IMAGE, topics.OVERLAY, topics.MASK):
            assert recorded.topics[topic].msgtype == IMAGE
        topic, _, field = PANELS["Table!hands"]["topicPath"].partition(".")
        (message,) = recorded.messages([topic])
        types = types_of(message.topic.connection)
        hands = getattr(read_message(types, message.data, message.topic.msgtype), field)
    assert len(hands) == 2


@pytest.mark.parametrize(
    ("panel", "part", "described"),
    [
        ("Image!outlines", "imageMode", layouts.ImageModeConfig),
        ("3D!scene", "cameraState", layouts.ThreeDeeCameraState),
        ("3D!scene", None, layouts.ThreeDeeConfig),
        ("Table!hands", None, layouts.TableConfig),
        ("DiagnosticSummary!all", None, layouts.DiagnosticsSummaryConfig),
        ("DiagnosticStatusPanel!node", None, layouts.DiagnosticsDetailConfig),
    ],
)
def test_settings_are_those_that_foxglove_describes(
    panel: str, part: str | None, described: Any
) -> None:
    config = PANELS[panel] if part is None else PANELS[panel][part]
    known = {_camel_case(field.name) for field in dataclasses.fields(described)}
    assert config.keys() - {"foxglovePanelTitle"} <= known


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
