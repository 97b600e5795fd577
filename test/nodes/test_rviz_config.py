"""Guards what RViz is started with: the topics of the node that is launched, its images' frame."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import yaml

from handseg_ros.nodes.rviz_config import adapt_rviz_config, write_rviz_config
from handseg_ros.segmentation.package_files import package_folder

FOLDER = package_folder("config", "handseg.rviz")
assert FOLDER
CONFIG = FOLDER / "handseg.rviz"


def test_topics_and_frame_are_those_of_the_node() -> None:
    written = write_rviz_config(CONFIG, "/front/left", "left_optical_frame")
    content = yaml.safe_load(written.read_text())
    written.unlink()

    manager = content["Visualization Manager"]
    topics = [display["Topic"]["Value"] for display in manager["Displays"]]
    assert len(topics) == 5
    assert all(topic.startswith("/front/left/") for topic in topics)
    assert manager["Global Options"]["Fixed Frame"] == "left_optical_frame"


def test_all_else_stays() -> None:
    content = yaml.safe_load(CONFIG.read_text())
    frame = content["Visualization Manager"]["Global Options"]["Fixed Frame"]

    assert adapt_rviz_config(content, "/hand_segmentation", frame) == content


def test_displays_of_other_nodes_stay() -> None:
    content = yaml.safe_load(CONFIG.read_text())
    displays = content["Visualization Manager"]["Displays"]
    displays.append({"Class": "rviz_default_plugins/Grid"})
    displays.append({"Topic": {"Value": "/hand_segmentation_2/overlay"}})

    adapted = adapt_rviz_config(content, "/left", "camera")["Visualization Manager"]["Displays"]

    assert adapted[-2:] == displays[-2:]


def test_each_launch_has_a_file_of_its_own(tmp_path: Path) -> None:
    first, second = (write_rviz_config(CONFIG, f"/{name}", "camera") for name in ("a", "b"))
    assert first != second
    for written in (first, second):
        written.unlink()
