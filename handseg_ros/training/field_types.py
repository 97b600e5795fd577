"""Types of the numbers in training configurations, checked whoever builds one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Annotated

from handseg_ros.segmentation.validation import Range

Probability = Annotated[float, Range(0, 1)]
Positive = Annotated[float, Range(above=0)]
NotNegative = Annotated[float, Range(0)]
Count = Annotated[int, Range(1)]
