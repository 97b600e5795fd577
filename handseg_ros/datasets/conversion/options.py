"""What a user says of a data set that it does not tell itself."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, field

from handseg_ros.datasets.bag.options import BagOptions
from handseg_ros.datasets.conversion.labels import LabelMeanings
from handseg_ros.datasets.label_options import LabelOptions


@dataclass(frozen=True)
class ConversionOptions:
    """How labels are read, and what they mean; `bag` tells which topics of a bag are taken."""

    labels: LabelOptions = field(default_factory=LabelOptions)
    meanings: LabelMeanings = field(default_factory=LabelMeanings)
    bag: BagOptions = field(default_factory=BagOptions)
