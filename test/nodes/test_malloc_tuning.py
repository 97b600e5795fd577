"""Guards that the memory of large images stays with the process, once for all of its threads."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys

import pytest

# Takes and gives back 48 MiB, as messages of images do, and tells what is resident after that; with
# "threads" eight threads that live side by side do so, one after the other.
PROGRAM = """
import sys
import threading
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
if "threads" in sys.argv:
    turn, together = threading.Lock(), threading.Barrier(8)
    def take_in_turn():
        together.wait()
        with turn:
            take()
        together.wait()
    threads = [threading.Thread(target=take_in_turn) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
else:
    take()
print((resident() - before) // 1024)
"""

# The same in a node that ends with an error as soon as it is made.
AS_A_NODE = """
from handseg_ros.nodes.process import run_node
from handseg_ros.segmentation.errors import HandsegError
def make_node():
    before = resident()
    take()
    print((resident() - before) // 1024)
    raise HandsegError("seen enough")
sys.exit(run_node(make_node) - 1)
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


def test_it_is_kept_for_all_threads_together() -> None:
    assert kept("keep", "threads") <= 150


def test_every_node_keeps_it_however_it_is_started() -> None:
    """By its executable or as a module: what all of them run does it."""
    program = PROGRAM.split("before = resident()")[0] + AS_A_NODE
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 40
