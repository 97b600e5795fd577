"""The page on models of one's own: the descriptions that it shows."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from typing import Any

import yaml
from support.checkout import ROOT

from handseg_ros.segmentation.description import GUIDE

PAGE = (ROOT / GUIDE).read_text(encoding="utf-8")
EXAMPLES = tuple(re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S))


def example(name: str) -> dict[str, Any]:
    """Return the description of this name."""
    (fields,) = (told for told in map(yaml.safe_load, EXAMPLES) if told["name"] == name)
    return dict(fields)
