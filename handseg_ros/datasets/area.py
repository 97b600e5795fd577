"""One labelled area of a picture, as COCO's, labelme's and YOLO's files have them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Area:
    """A labelled area: `mask` is bool (H, W), `label` one of `annotations.LABELS`.

    `is_together` says that it stands for all hands of its frame. `attributes` is what else the file
    has of it, such as its `owner`, as JSON has it. `reaches_out` tells that what was drawn went
    beyond the picture and was cut at its edge.
    """

    mask: np.ndarray
    label: str
    is_crowd: bool = False
    track: int | None = None
    is_together: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    reaches_out: bool = False
