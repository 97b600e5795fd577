"""How labels are to be understood where they do not tell it themselves."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class MaskValues(Enum):
    """What the values of a mask mean: all hands together, ids of single ones, or find it out."""

    AUTO = "auto"
    BINARY = "binary"
    IDS = "ids"


class LabelOrientation(Enum):
    """On which picture a label was drawn: turned upright as EXIF says, or as it is stored."""

    AUTO = "auto"
    UPRIGHT = "upright"
    STORED = "stored"


@dataclass(frozen=True)
class LabelOptions:
    """How the labels of a set are read; without more, what they tell of themselves decides."""

    mask_values: MaskValues = MaskValues.AUTO
    orientation: LabelOrientation = LabelOrientation.AUTO
