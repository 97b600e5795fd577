"""Install pinned requirements with pip, showing one line of progress: `install.py kilted.txt`.

Runs with the standard library alone, as it comes before everything else. On a terminal the line is
redrawn; in a log it is written every tenth part.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import subprocess
import sys
from collections import deque
from pathlib import Path

WIDTH = 30
KEPT_LINES = 40


def pinned(requirements: Path) -> int:
    """The number of distributions that a pin file names."""
    lines = requirements.read_text().splitlines()
    return len({re.split("==", line)[0] for line in lines if "==" in line})


def show(done: int, total: int, what: str) -> None:
    """Draw the progress line on a terminal, or write it at every tenth in a log."""
    bar = ("#" * (WIDTH * done // total)).ljust(WIDTH)
    line = f"    [{bar}] {done}/{total} {what}"[:100]
    if sys.stdout.isatty():
        print(f"\r{line:<100}", end="\n" if done == total else "", flush=True)
    elif done * 10 // total != (done - 1) * 10 // total:
        print(line, flush=True)


def install(requirements: Path) -> int:
    """Run pip and follow its output; return its exit status."""
    total = pinned(requirements) + 1
    pip = [sys.executable, "-m", "pip", "install", "--progress-bar", "off"]
    process = subprocess.Popen(
        [*pip, "-r", str(requirements)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last: deque[str] = deque(maxlen=KEPT_LINES)
    done = 0
    for line in process.stdout or ():
        last.append(line)
        if line.startswith(("Collecting", "Requirement already satisfied")):
            done = min(done + 1, total - 1)
            show(done, total, line.split(":")[-1].split("==")[0].strip())
        elif line.startswith("Installing collected packages"):
            show(total - 1, total, "unpacking")
    status = process.wait()
    if status:
        print("".join(["\n", *last]), file=sys.stderr)
        print(
            f"Installing {requirements} failed, see pip's lines above; "
            "a package index must be reachable, and then the same command goes on from here.",
            file=sys.stderr,
        )
        return status
    show(total, total, "installed")
    return 0


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1])))
