"""Reads the next frame while the network is busy with this one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from handseg_ros.datasets.frames import LabelledFrame


@dataclass(frozen=True)
class ReadFrame:
    """A frame, and how long it took to read it, in seconds."""

    frame: LabelledFrame
    seconds: float


def prefetch(frames: Iterable[LabelledFrame]) -> Iterator[ReadFrame]:
    """Yield all frames in order, each read by one and the same thread of its own.

    One frame is read ahead, so memory does not grow. What reading raises is raised here, in its
    turn.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader") as pool:
        iterator = pool.submit(iter, frames).result()
        coming = pool.submit(_next, iterator)
        try:
            while (read := coming.result()) is not None:
                coming = pool.submit(_next, iterator)
                yield read
        finally:
            # Files that the thread has opened may be closed by no other thread.
            pool.submit(_close, iterator)


def _next(iterator: Iterator[LabelledFrame]) -> ReadFrame | None:
    began = time.perf_counter()
    frame = next(iterator, None)
    return None if frame is None else ReadFrame(frame, time.perf_counter() - began)


def _close(iterator: Iterator[LabelledFrame]) -> None:
    if isinstance(iterator, Generator):
        iterator.close()
