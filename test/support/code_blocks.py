"""The code blocks of a Markdown page, and a workspace in which they run in the page's order."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.checkout import ROOT

# The longest block has fifteen commands, each with a network of its own.
PATIENCE = 300.0
POLL = 0.05
BIN = Path(sys.executable).parent
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block: the page's path below the root, the line of its fence, language and text."""

    page: str
    line: int
    language: str
    text: str

    @property
    def first_line(self) -> str:
        """The first line of its text."""
        return self.text.partition("\n")[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}, '{self.first_line}'"


def code_blocks(page: str) -> list[CodeBlock]:
    """Return the fenced blocks of a page, in order."""
    content = (ROOT / page).read_text(encoding="utf-8")
    return [
        CodeBlock(page, content.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _FENCED.finditer(content)
    ]


@dataclass
class PageWorkspace:
    """A folder in which a page's blocks run, one after the other, as a reader would type them.

    What a block leaves in the background runs on until the end of the page.
    """

    folder: Path
    environment: Mapping[str, str]
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, block: CodeBlock, until: str | None) -> None:
        """Run a block of shell or Python: to its end with code 0, or `until` a text is written.

        Raises AssertionError with what it wrote when neither comes.
        """
        script = self.folder / f".block_{block.line}"
        script.write_text(block.text, encoding="utf-8")
        interpreter = [sys.executable, "-u"] if block.language == "python" else ["bash", "-eu"]
        log = script.with_suffix(".log")
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*interpreter, script.name],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(process)
        _wait(process, log, block, until)

    def close(self) -> None:
        """End what runs on, group by group."""
        for process in reversed(self._started):
            any(_end_group(process, number) for number in (signal.SIGTERM, signal.SIGKILL))
            process.wait()


def _wait(process: subprocess.Popen[bytes], log: Path, block: CodeBlock, until: str | None) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended = process.poll() is not None
        written = log.read_text(errors="replace")
        if until is not None and until in written:
            return
        if ended:
            assert until is None, f"{block} ended without '{until}':\n{written}"
            assert process.returncode == 0, f"{block} gave code {process.returncode}:\n{written}"
            return
        time.sleep(POLL)
    raise AssertionError(f"{block} did not come to its end:\n{log.read_text(errors='replace')}")


def _end_group(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to a process's group; tell whether all of it has ended within ten seconds."""
    try:
        os.killpg(process.pid, number)
        for _ in range(200):
            process.poll()  # the group stays as long as nobody took its leader's exit code
            os.killpg(process.pid, 0)
            time.sleep(POLL)
    except ProcessLookupError:
        return True
    return False


@contextmanager
def page_workspace(folder: Path) -> Iterator[PageWorkspace]:
    """Make a workspace that has a checkout's folders, with the installed programs on PATH."""
    for name in ("assets", "config", "examples"):
        (folder / name).symlink_to(ROOT / name)
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    workspace = PageWorkspace(folder, {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"})
    try:
        yield workspace
    finally:
        workspace.close()
