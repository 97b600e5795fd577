"""Names of files as OpenCV can be given them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def opencv_name(path: Path) -> Iterator[str]:
    """Yield a name under which OpenCV may open a file, to be used until the block ends.

    It is absolute, as FFmpeg takes a relative one with a colon for a protocol. A name that is not
    UTF-8, of which OpenCV's Python dies, is replaced by a link to the file.
    """
    name = os.fspath(path.absolute())
    if _is_utf8(name):
        yield name
        return
    with tempfile.TemporaryDirectory(prefix="handseg_") as folder:
        link = Path(folder, f"file{path.suffix if _is_utf8(path.suffix) else ''}")
        link.symlink_to(name)
        yield str(link)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
