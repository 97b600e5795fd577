"""Ctrl-C for commands under test, once they have begun."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from support.processes import PATIENCE, RunningProcess, running_process

INTERRUPTED = 130
_POLL = 0.01


def interrupted(arguments: Sequence[str], begun: Callable[[RunningProcess], bool]) -> str:
    """Run `handseg`, press Ctrl-C once it has begun, and return what it printed.

    It must not have ended before, and say by its exit code that it was stopped.
    """
    with running_process([sys.executable, "-m", "handseg_ros.cli.main", *arguments]) as process:
        end = time.monotonic() + PATIENCE
        while not begun(process) and process.is_running and time.monotonic() < end:
            time.sleep(_POLL)
        assert process.stop() == INTERRUPTED, process.output()
        printed = process.output()
    assert "Traceback" not in printed
    return printed
