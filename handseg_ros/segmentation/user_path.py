"""Paths as people write them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from pathlib import Path


def user_path(text: str | Path) -> Path:
    """Return the path, with the home folder in place of a `~` that begins it.

    A file or folder of that very name comes first, and a name after `~` that is no user's is part
    of a file's name.
    """
    path = Path(text)
    if os.path.lexists(path):
        return path
    try:
        return path.expanduser()
    except RuntimeError:  # no home folder, or a user who is not there
        return path
