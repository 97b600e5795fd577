"""What a process has used so far, as the kernel counts it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """One moment of a process: `when` is a time.monotonic(); `cpu` in seconds, `memory` in MiB."""

    when: float
    cpu: float
    memory: float

    @classmethod
    def of(cls, process_id: int) -> Usage:
        """Read a living process's usage: user and system time, and resident memory (proc(5))."""
        folder = Path("/proc", str(process_id))
        fields = folder.joinpath("stat").read_text().rpartition(")")[2].split()
        lines = folder.joinpath("status").read_text().splitlines()
        resident = next(line for line in lines if line.startswith("VmRSS:"))
        cpu = (int(fields[11]) + int(fields[12])) * _TICK
        return cls(time.monotonic(), cpu, int(resident.split()[1]) / 1024)

    def cpu_share_since(self, earlier: Usage) -> float:
        """Return how much of one core was used since then, 1 for all of it."""
        return (self.cpu - earlier.cpu) / (self.when - earlier.when)
