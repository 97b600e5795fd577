"""Files that get one more name, as hard links, or a copy where there can be no link."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import shutil
from pathlib import Path

from handseg_ros.media.atomic_files import not_written, replacing


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file another name, which must be free; missing folders are made. Raises MediaError.

    On another file system, or one without hard links, it is copied byte for byte.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(os.path.realpath(source), target)
    except FileExistsError as error:
        raise not_written(target, error) from error
    except OSError:
        with replacing(target) as partial:
            shutil.copyfile(source, partial)
