"""What the kernel tells of a process: its memory, its children."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path


def resident_kilobytes(pid: int) -> int:
    """Return a process's resident memory (proc(5), VmRSS)."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)
    assert found, f"process {pid} has no memory of its own any more"
    return int(found[1])


def children(pid: int) -> list[int]:
    """Return the ids of a process's children, of all its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
