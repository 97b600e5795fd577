"""A clean copy of what git tracks, as a clone would have it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked_files() -> list[Path]:
    """The files that git tracks, relative to the root; RuntimeError outside a git checkout."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False
    )
    if listed.returncode:
        raise RuntimeError(f"{ROOT} is no git checkout: {listed.stderr.decode().strip()}")
    names = listed.stdout.decode().split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file()]


def copy_tracked_files(target: Path) -> None:
    """Copy the tracked files, with edits that are not committed yet, below `target`."""
    for path in tracked_files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path)
