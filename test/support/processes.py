"""Real processes for tests: started in a neutral folder, ended by their own id."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# A start takes a second, but several tests run beside each other, and others use the machine too.
PATIENCE = 90.0
POLL = 0.02


class RunningProcess:
    """A started process whose output, stdout and stderr together, goes to a file."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """The process's own id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def output(self) -> str:
        """Return all that the process has written so far."""
        return self._log.read_text(errors="replace")

    def wait_for_output(self, text: str, timeout: float = PATIENCE) -> str:
        """Return the output once `text` is in it; TimeoutError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while text not in self.output():
            if time.monotonic() > end or self._process.poll() is not None:
                raise TimeoutError(f"'{text}' was not written; the output is:\n{self.output()}")
            time.sleep(POLL)
        return self.output()

    def wait(self, timeout: float = PATIENCE) -> int:
        """Return the exit code once the process has ended by itself."""
        return self._process.wait(timeout)

    def stop(self, signal_number: int = signal.SIGINT, timeout: float = PATIENCE) -> int:
        """Send SIGINT (or another signal) if the process still runs; return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal_number)
        return self._process.wait(timeout)

    def signal(self, signal_number: int) -> None:
        """Send a signal and wait for nothing."""
        self._process.send_signal(signal_number)

    def kill(self) -> None:
        """End a process that cannot answer any more, as one that is stopped."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Leave nothing behind: ask, and after `PATIENCE` seconds insist."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_process(
    args: Sequence[str | Path], env: Mapping[str, str] | None = None
) -> Iterator[RunningProcess]:
    """Start `args`, with `env` on top of the test's own environment, and end it at the latest here.

    The working folder is a new empty one, so that Python imports the installed package and not the
    source folder.
    """
    with tempfile.TemporaryDirectory(prefix="handseg_test_") as folder:
        log = Path(folder, "output.txt")
        empty = Path(folder, "work")
        empty.mkdir()
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [str(argument) for argument in args],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=empty,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            )
        running = RunningProcess(process, log)
        try:
            yield running
        finally:
            running.end()
