"""What torch says when memory or disk are full, as sentences."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from handseg_ros.media.atomic_files import replacing
from handseg_ros.segmentation.errors import HandsegError, MediaError

_FULL = ("out of memory", "can't allocate memory", "not enough memory")


@contextmanager
def telling_of_memory(what: str) -> Iterator[None]:
    """Turn torch's and Python's errors of a full memory into HandsegError, which names `what`."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or any(words in str(error) for words in _FULL):
            raise HandsegError(
                f"the memory is full at {what}: take fewer pictures a step (--batch-size), smaller "
                "ones (--size), or end what else needs memory; the same command goes on"
            ) from error
        raise


def save_whole(state: Mapping[str, Any], file: Path) -> None:
    """Write what torch saves, whole or not at all; raises MediaError."""
    with replacing(file) as partial:
        try:
            torch.save(dict(state), partial)
        except RuntimeError as error:  # torch's writer has no OSError
            raise MediaError(
                f"'{file}' cannot be written ({str(error).splitlines()[0]}): make space on its "
                "disk; the same command goes on from what is there"
            ) from error
