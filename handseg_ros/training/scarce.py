"""What torch says when memory or disk are full, or pictures too few, as sentences."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from handseg_ros.media.atomic_files import replacing
from handseg_ros.segmentation.errors import HandsegError, MediaError

_FULL = ("out of memory", "can't allocate memory", "not enough memory")
# Of a normalisation that sees one cell of one picture.
_ONE_VALUE = "more than 1 value per channel"


@contextmanager
def telling_of_scarcity(what: str) -> Iterator[None]:
    """Turn torch's and Python's errors of a full memory, or of a single picture for a
    normalisation, into HandsegError, which names `what`."""
    try:
        yield
    except ValueError as error:
        if _ONE_VALUE not in str(error):
            raise
        raise HandsegError(
            f"{what} has a part of one picture, of which a normalisation learns nothing: take more "
            "pictures a step (batch_size, -b), or fewer parts (optimisation.accumulation)"
        ) from error
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or any(words in str(error) for words in _FULL):
            raise HandsegError(
                f"the memory is full at {what}: take fewer pictures a step (--batch-size), smaller "
                "ones (--size), or end what else needs memory; the same command goes on"
            ) from error
        raise


def check_finite(weights: Iterable[Tensor], what: str) -> None:
    """Raise HandsegError, which names `what`, where a weight is no number any more."""
    if all(bool(torch.isfinite(weight).all()) for weight in weights):
        return
    raise HandsegError(
        f"the weights are no numbers any more at {what}: train with a lower rate "
        "(schedule.learning_rate, --rate) into another folder"
    )


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
