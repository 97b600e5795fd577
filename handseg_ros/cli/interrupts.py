"""Ctrl-C as a wish: the work at hand is finished, and what is done is kept; so is SIGTERM."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Item = TypeVar("Item")


class StopRequest:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.asked = False

    def before(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items until it is pressed; the one at hand is finished."""
        for item in items:
            yield item
            if self.asked:
                return


@contextmanager
def stop_on_interrupt() -> Iterator[StopRequest]:
    """Take the first Ctrl-C as a wish; the second ends the program as usual."""
    stop = StopRequest()
    previous = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        stop.asked = True
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def terminating_as_interrupt() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt, as Ctrl-C does; outside the main thread it stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
