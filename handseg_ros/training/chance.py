"""What torch draws by chance: dropout, and the boxes that a detector learns from."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import torch


def seed_torch(*numbers: int) -> None:
    """Let the numbers alone, each 0 or more, decide what torch draws next on every device."""
    torch.manual_seed(int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1))
