"""Guards that the memory of large images stays with the process, to be used for the next one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys

import pytest

# Takes and gives back 48 MiB, as messages of images do, and tells what is resident after that.
PROGRAM = """
import sys
from pathlib import Path
from handseg_ros.nodes.malloc_tuning import tune_malloc
def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
def take():
    return [bytearray(b"x" * (8 << 20)) for _ in range(6)]
if "keep" in sys.argv and not tune_malloc():
    sys.exit(3)
before = resident()
take()
print((resident() - before) // 1024)
"""


def kept(*arguments: str) -> int:
    """Run the program in a process of its own; return the MiB that stay resident."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip("not glibc's allocator")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_memory_of_large_images_is_kept() -> None:
    assert kept("keep") >= 40
    assert kept() <= 24
