"""All that is told of an area as attributes, as labelme's files and the page for labels have it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from handseg_ros.datasets.area import Area
from handseg_ros.datasets.field_names import CROWD, TOGETHER, TRACK


def all_attributes(area: Area) -> dict[str, Any]:
    """Return an area's attributes, its track and what is so of it among them."""
    told = {CROWD: area.is_crowd, TOGETHER: area.is_together}
    track = {} if area.track is None else {TRACK: area.track}
    return {**area.attributes, **track, **{name: True for name, is_so in told.items() if is_so}}


def area_with(
    mask: np.ndarray, label: str, told: Mapping[str, Any], reaches_out: bool = False
) -> Area:
    """Return the area of a mask, bool (H, W), with what `all_attributes` returned of it."""
    others = dict(told)
    is_crowd, is_together = (others.pop(name, None) is True for name in (CROWD, TOGETHER))
    track = others.get(TRACK)
    is_known = isinstance(track, int) and not isinstance(track, bool)
    if is_known:
        del others[TRACK]
    return Area(
        mask, label, is_crowd, track if is_known else None, is_together, others, reaches_out
    )
