"""Guards the tree itself: style, types, and nothing in it that belongs to one machine only."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
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


def check(*command: str) -> None:
    """Run one of the environment's tools on the source tree and show what it says on failure."""
    tool = Path(sys.prefix, "bin", command[0])
    done = subprocess.run(
        [str(tool), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_is_content() -> None:
    """Style and common mistakes."""
    check("ruff", "check", ".")


@pytest.mark.slow
@pytest.mark.skipif(
    sys.version_info < (3, 11) or not metadata.version("ros-rclpy").startswith("9."),
    reason="type hints differ in Jazzy's rclpy and in Python 3.10's NumPy: checked on the others",
)
def test_mypy_is_content() -> None:
    """Types."""
    check("mypy")
