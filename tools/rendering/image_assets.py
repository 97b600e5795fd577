"""Finds the pictures that walls, tables and worlds may show, leaving out those kept for tests."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from handseg_ros.segmentation.errors import MediaError
from rendering.scene_spec import ImageAssets

KEPT_BACK = 5
"""Of each folder's sorted pictures, every fifth (index 0, 5, 10, ...) is kept for evaluation."""

TABLE_FOLDERS = ("cards", "dtd")


def find_image_assets(folder: Path, only: Collection[str] = ()) -> ImageAssets:
    """Pictures of the folders in ``folder``; those of ``TABLE_FOLDERS`` serve as surfaces.

    only: names of the folders to take, for pictures of certain licences; all when empty.
    Raises MediaError when none of the folders is there.
    """
    tables: list[str] = []
    rooms: list[str] = []
    parts = [part for part in sorted(folder.glob("*")) if part.is_dir()]
    parts = [part for part in parts if not only or part.name in only]
    if not parts:
        raise MediaError(
            f"{folder} holds none of the folders {', '.join(sorted(only)) or 'of pictures'}: "
            "give the folder of the backgrounds"
        )
    for part in parts:
        files = sorted(path for path in part.iterdir() if path.suffix in (".jpg", ".png"))
        usable = [str(path) for index, path in enumerate(files) if index % KEPT_BACK]
        (tables if part.name in TABLE_FOLDERS else rooms).extend(usable)
    return ImageAssets(tuple(tables), tuple(rooms))
