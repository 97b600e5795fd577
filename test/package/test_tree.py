"""Guards the tree itself: nothing in it belongs to one machine only or was left for later."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.checkout import ROOT, tracked_files

LARGEST = 20 * 2**20
# Written with a character class each, so that this file does not find itself.
MACHINE_PATHS = re.compile(r"[/]root/|[/]home/\w|[/]work/")
LEFT_UNDONE = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|NotImplementedErro[r])\b")
TEXT = (
    *(".cmake", ".in", ".md", ".msg", ".py", ".rst", ".rviz"),
    *(".srv", ".toml", ".txt", ".xml", ".yaml"),
)


def texts() -> list[Path]:
    """The tracked files that hold text."""
    return [path for path in tracked_files() if path.suffix in TEXT or not path.suffix]


@pytest.mark.parametrize("pattern", [MACHINE_PATHS, LEFT_UNDONE], ids=["paths", "undone"])
def test_nothing_is_left_behind(pattern: re.Pattern[str]) -> None:
    """No path of the machine it was written on, no work left for later."""
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in texts()
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_no_file_is_too_large_to_clone() -> None:
    """A clone stays quick."""
    assert [path for path in tracked_files() if (ROOT / path).stat().st_size > LARGEST] == []


def test_every_test_file_says_what_it_guards() -> None:
    """The first line of a test file is one sentence on its purpose."""
    for path in (ROOT / "test").rglob("test_*.py"):
        first = path.read_text().partition("\n")[0]
        assert re.fullmatch(r'"""[A-Z].*\."""', first), f"{path}: {first}"
