"""How a long reading is told of: a function that yields the frames it is given, one by one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterable

from handseg_ros.datasets.frames import LabelledFrame

# Takes frames, their number where it is known, and the set's name.
Progress = Callable[[Iterable[LabelledFrame], int | None, str], Iterable[LabelledFrame]]
