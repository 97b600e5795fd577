"""Which pictures training never sees, so that they can judge the model.

A split by person and by scene, not by frame: neighbouring frames look alike.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

HELD_OUT_EVERY = 5
HELD_OUT_PEOPLE = frozenset({"id10", "id11", "id12"})


def held_out(files: Iterable[Path]) -> list[Path]:
    """Return every fifth file in the order of names."""
    return sorted(files)[::HELD_OUT_EVERY]


def kept_for_training(files: Iterable[Path]) -> list[Path]:
    """Return the files that `held_out` leaves."""
    ordered = sorted(files)
    withheld = set(held_out(ordered))
    return [file for file in ordered if file not in withheld]


def person(file: Path) -> str:
    """Return the person (`idNN`) in the name of an HGR photo, or '' when there is none."""
    found = re.search(r"_(id\d\d)_", file.name)
    return found[1] if found else ""
