"""Guards docs/performance.md against the benchmark: every figure that it writes is explained."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
BENCH = (ROOT / "benchmarks" / "bench.py").read_text(encoding="utf-8")


def test_every_figure_is_explained() -> None:
    """What a key begins with, before the size and other variants, stands on the page."""
    beginnings = set(re.findall(r'values\[\s*f?"([a-z0-9_]+)', BENCH))
    assert len(beginnings) > 20
    assert [key for key in sorted(beginnings) if f"`{key}" not in PAGE] == []


def test_no_figure_is_explained_that_is_not_measured() -> None:
    """A key that the page names is one of the benchmark's."""
    beginnings = tuple(re.findall(r'"([a-z0-9]+_[a-z0-9_]+)', BENCH))
    named = re.findall(r"`([a-z0-9]+_[a-z0-9_]+)(?:SIZE|NAME|640x480)?[A-Za-z_]*`", PAGE)
    known = {*beginnings, "stage_", "frames_dropped_for_newer"}
    unknown = [
        key for key in named if not any(key.startswith(k) or k.startswith(key) for k in known)
    ]
    assert unknown == []
