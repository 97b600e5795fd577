"""Loads model files in a process that may die of one: a parent for tests, and what it starts."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import resource
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.segmenter import Segmenter

# A damaged size must end in an error, not take the machine's memory.
MEMORY = 4 * 2**30
PATIENCE = 60.0
ANSWERS, REFUSED, ESCAPED = "answers", "refused", "escaped"


def outcome(path: str) -> str:
    """Return what becomes of a model file: it answers, is refused in words, or breaks otherwise."""
    frame = np.full((48, 64, 3), 99, np.uint8)
    try:
        Segmenter.load(path).segment(frame)
    except HandsegError as error:
        return f"{REFUSED}: {error}"
    except Exception as error:
        return f"{ESCAPED}: {type(error).__name__}: {error}"
    return ANSWERS


class Victim:
    """A process that loads the model files it is told of."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def load(self, model: Path) -> str:
        """Return the outcome of a model file; fails when the process dies or hangs of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(model, file=self._process.stdin, flush=True)
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        assert ready, f"{model} is not decided on after {PATIENCE} s"
        line = self._process.stdout.readline().strip()
        assert line, f"the process died of {model} with code {self._process.wait()}"
        return line


@contextmanager
def a_victim() -> Iterator[Victim]:
    """Yield a process to load model files in, and end it at the latest here."""
    command = [sys.executable, __file__]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Victim(process)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        print(outcome(line.strip()).replace("\n", " "), flush=True)
