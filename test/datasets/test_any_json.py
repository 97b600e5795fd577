"""Guards the readers of COCO's and labelme's files against whatever else a JSON file may hold."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

READ = Path(__file__).resolve().parents[1] / "support" / "read_mutated.py"


@pytest.mark.parametrize("kind", ["coco", "labelme"])
def test_any_value_anywhere_is_read_skipped_or_refused(kind: str, tmp_path: Path) -> None:
    """In a process of its own, which a number that nobody checked would end."""
    command = [sys.executable, str(READ), kind, str(tmp_path), "500"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    outcomes = json.loads(done.stdout)
    assert min(outcomes["read"], outcomes["skipped"]) > 100
