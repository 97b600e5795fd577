"""Names in a folder of frames with backgrounds, which `capture/` writes and `conversion/` reads.

Format: folders `set0/`, `set1/`, …; each has `bkg.png`, the view without anybody, and for each
frame `0.png` and, once it is labelled, `0_mask.png`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re

BACKGROUND, MASK = "bkg", "_mask"
SET = re.compile(r"set(\d+)")
# A frame and its mask, by the frame's number.
FRAME = re.compile(rf"(\d+)(?:{MASK})?")
