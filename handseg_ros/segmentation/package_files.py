"""Where the package's own files lie: its models, its message definitions."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

_SHARE = Path("share") / "handseg_ros"


def package_folder(name: str, pattern: str) -> Path | None:
    """Return the package's folder `name` that has a file like `pattern`, or None.

    It is `share/handseg_ros/<name>` of the installation that this module belongs to (ROS install
    space or virtual environment alike), or `<name>` of a source checkout.
    """
    package = Path(__file__).resolve().parents[1]
    for parent in package.parents:
        for folder in (parent / name, parent / _SHARE / name):
            if any(folder.glob(pattern)):
                return folder
    return None
