"""How a step's gradient is found: in how many parts, in which precision, in which layout."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from handseg_ros.segmentation.validation import StrictFields
from handseg_ros.training.field_types import Count, Positive


@dataclass(frozen=True)
class Optimisation(StrictFields):
    """`accumulation`: so many parts a step's pictures are taken in, one after the other or by as
    many processes, to the same gradient within rounding. Normalisations see a part each.

    `precision` auto is bfloat16 where that is faster. `channels_last`: the layout in which a CPU
    trains many times as fast, and a GPU somewhat faster. `gradient_clip`: the largest norm of a
    step's gradient.
    """

    accumulation: Count = 1
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    channels_last: bool = True
    gradient_clip: Positive = 5.0
