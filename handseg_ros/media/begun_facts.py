"""What a folder or file was begun with, in words: whether another run goes on with the same."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from handseg_ros.segmentation.errors import MediaError


def check_same_facts(
    path: Path, before: Mapping[str, str], now: Mapping[str, str], elsewhere: str
) -> None:
    """Raise MediaError where what lies at a path was begun otherwise, with all that differs.

    A fact that was not told then is one of nothing chosen, ''. `elsewhere` is the other way out.
    """
    differing = [
        f"{name} {_told(before.get(name, ''))}, now {_told(value)}"
        for name, value in now.items()
        if before.get(name, "") != value
    ]
    if differing:
        raise MediaError(
            f"'{path}' was begun otherwise ({'; '.join(differing)}): give what it was begun with, "
            f"or {elsewhere}"
        )


def _told(value: str) -> str:
    return f"'{value}'" if value else "none"
