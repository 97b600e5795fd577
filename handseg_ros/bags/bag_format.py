"""Whether a path is a bag, and whether bags can be read here: all that works without rosbags."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from handseg_ros.media.pictures import natural_order
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.extras import install_command

STORAGES = (".mcap", ".db3")
PACKED = ".zstd"
METADATA = "metadata.yaml"


def is_storage(file: Path) -> bool:
    """Return whether a file's name is that of a storage file, packed or not."""
    return (file.with_suffix("") if file.suffix == PACKED else file).suffix in STORAGES


def is_bag(path: Path) -> bool:
    """Return whether a path looks like a rosbag2: its folder, or a storage file."""
    if path.is_dir():
        return (path / METADATA).is_file() or any(map(is_storage, path.iterdir()))
    return path.is_file() and is_storage(path)


def bags_at(path: Path) -> list[Path]:
    """Return the bag at a path, or those whose folders lie in a folder, in natural order."""
    if is_bag(path):
        return [path]
    folders = (item for item in path.iterdir() if item.is_dir()) if path.is_dir() else ()
    return sorted(filter(is_bag, folders), key=natural_order)


def check_rosbags() -> None:
    """Raise MediaError where the library that reads and writes bags is not installed."""
    try:
        import rosbags.rosbag2  # noqa: F401
    except ImportError as error:
        raise MediaError(
            f"bags cannot be read without rosbags ({error}): install it with "
            f"{install_command('evaluate')}"
        ) from error
