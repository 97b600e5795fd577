"""All files below a folder, also below those that it links to."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# macOS leaves such a file beside each one that it writes to a disk of another system.
_APPLE_DOUBLE = "._"


def files_below(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder, none where there is none.

    Linked folders are entered, each folder once: by its own path where that lies below, too. What
    may not be read is passed over, and so is what macOS stores beside files (`._name`).
    """
    entered: set[tuple[int, int]] = set()
    waiting, linked = deque([folder]), deque[Path]()
    while waiting or linked:
        here = waiting.popleft() if waiting else linked.popleft()
        with suppress(OSError):
            status = here.stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            for entry in sorted(os.scandir(here), key=lambda entry: entry.name):
                path = here / entry.name
                if entry.is_dir():
                    (linked if entry.is_symlink() else waiting).append(path)
                elif not entry.name.startswith(_APPLE_DOUBLE):
                    yield path
