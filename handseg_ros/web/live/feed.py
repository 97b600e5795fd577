"""The newest picture for any number of viewers: who is slow gets fewer, and delays nobody."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

# A page asks all the time while somebody looks at it; so long after its last question nobody does.
_LINGER_SECONDS = 3.0


@dataclass(frozen=True)
class LiveFrame:
    """A picture as JPEG; `number` counts from 1, `stamp` is when it was taken, s since 1970."""

    number: int
    jpeg: bytes
    stamp: float


class LiveFeed:
    """Holds one picture: a newer one takes its place, whoever has seen it.

    `show` may be called from any thread, all else belongs to the event loop.
    """

    def __init__(self) -> None:
        """Begin without a picture."""
        self._lock = threading.Lock()
        self._frame: LiveFrame | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._looked = -_LINGER_SECONDS

    @property
    def is_watched(self) -> bool:
        """Whether anybody has looked within the last seconds."""
        return time.monotonic() - self._looked < _LINGER_SECONDS

    def look(self) -> None:
        """Note that somebody looks."""
        self._looked = time.monotonic()

    def show(self, jpeg: bytes, stamp: float) -> None:
        """Put a picture in the place of the one before; `stamp` is when it was taken."""
        with self._lock:
            number = 1 if self._frame is None else self._frame.number + 1
            self._frame = LiveFrame(number, jpeg, stamp)
            waiting, self._waiting = self._waiting, []
        for future in waiting:
            with suppress(RuntimeError):  # the event loop has ended meanwhile
                future.get_loop().call_soon_threadsafe(_wake, future)

    async def newer(self, than: int, patience: float) -> LiveFrame | None:
        """Return the newest picture unless its number is `than`; then wait for the next.

        None comes when there is none for `patience` seconds.
        """
        self.look()
        with self._lock:
            if self._frame is not None and self._frame.number != than:
                return self._frame
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
        await asyncio.wait([future], timeout=patience)
        with self._lock:
            if future in self._waiting:
                self._waiting.remove(future)
        self.look()
        return self._frame if future.done() else None


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
