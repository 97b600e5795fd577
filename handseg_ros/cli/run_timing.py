"""How long frames took: the table that `handseg run --benchmark` prints."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handseg_ros.segmentation.hands import Timings

# A picture is answered so many times; what the first answer of all took is left out.
REPETITIONS = 10
_STEPS = {
    "fitting the image": "preprocessing",
    "the network": "inference",
    "decoding": "decoding",
    "in all": "total",
}


def timing_table(timings: Sequence[Timings]) -> str:
    """Return lines with the median and the 95th percentile of each step, in milliseconds."""
    counted = timings[1:] or timings
    lines = [f"time of an answer, over {len(counted)} of them:"]
    for title, field in _STEPS.items():
        values = [1e3 * getattr(timing, field) for timing in counted]
        median, late = np.percentile(values, [50, 95])
        lines.append(f"  {title:<17}  {median:7.2f} ms, 95 % below {late:.2f} ms")
    return "\n".join(lines)
