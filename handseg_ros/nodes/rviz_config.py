"""RViz's configuration for one node: its topics, and the frame of its images as the fixed frame."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import yaml

# The node whose topics config/handseg.rviz shows.
NODE = "/hand_segmentation"


def adapt_rviz_config(content: dict[str, Any], node: str, frame_id: str) -> dict[str, Any]:
    """Return a configuration like `content` for the node of this fully qualified name.

    All topics below `NODE` become the same ones of `node`; `frame_id` becomes the fixed frame, in
    which RViz draws points and markers: without a tf tree it must be the images' own.
    """
    adapted = copy.deepcopy(content)
    manager = adapted["Visualization Manager"]
    manager["Global Options"]["Fixed Frame"] = frame_id
    for display in manager["Displays"]:
        topic = display.get("Topic")
        if topic and topic["Value"].startswith(f"{NODE}/"):
            topic["Value"] = node + topic["Value"].removeprefix(NODE)
    return adapted


def write_rviz_config(source: Path, node: str, frame_id: str) -> Path:
    """Write the configuration in `source`, adapted, to a new file in the temporary folder."""
    adapted = adapt_rviz_config(yaml.safe_load(source.read_text(encoding="utf-8")), node, frame_id)
    with tempfile.NamedTemporaryFile(
        "w", prefix="handseg_", suffix=".rviz", encoding="utf-8", delete=False
    ) as file:
        yaml.safe_dump(adapted, file, sort_keys=False)
    return Path(file.name)
