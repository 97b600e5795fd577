"""Finds the pictures that walls, tables and worlds may show, leaving out those kept for tests."""

from __future__ import annotations

from pathlib import Path

from handseg_ros.training.rendering.recipes import Pictures

KEPT_BACK = 5
"""Of each folder's sorted pictures, every fifth (index 0, 5, 10, ...) is kept for evaluation."""

TABLE_FOLDERS = ("cards", "dtd")


def find_pictures(folder: Path) -> Pictures:
    """Pictures of the folders in ``folder``; those of ``TABLE_FOLDERS`` serve as surfaces."""
    tables: list[str] = []
    rooms: list[str] = []
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(path for path in part.iterdir() if path.suffix in (".jpg", ".png"))
        usable = [str(path) for index, path in enumerate(files) if index % KEPT_BACK]
        (tables if part.name in TABLE_FOLDERS else rooms).extend(usable)
    return Pictures(tuple(tables), tuple(rooms))
