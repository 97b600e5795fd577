"""Guards docs/depth.md against the code: every reason why an image has no depth is explained."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path

from handseg_ros.nodes.depth.missing import MissingDepthReason

PAGE = Path(__file__).resolve().parents[2] / "docs" / "depth.md"


def test_every_counter_of_the_diagnostics_stands_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (section,) = re.findall(r"^## In the node\n(.*?)(?=^## )", text, re.M | re.S)

    assert set(re.findall(r"^\| `(\w+)` \|", section, re.M)) == {
        reason.value for reason in MissingDepthReason
    }
