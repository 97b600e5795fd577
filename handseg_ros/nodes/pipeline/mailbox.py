"""What lies between the executor's thread and the worker's: the newest frame, and requests."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Holds at most one item of a stream, and a short queue of requests, which are never replaced.

    A newer item replaces an older one that nobody has taken yet: so the latency of what is taken
    stays bounded whatever the rate of what is put. Where both wait, item and request take turns.
    """

    def __init__(self, max_requests: int) -> None:
        self._changed = threading.Condition()
        self._item: Item | None = None
        self._requests: deque[Item] = deque()
        self._max_requests = max_requests
        self._is_request_next = False
        self._closed = False

    def put(self, item: Item) -> bool:
        """Lay an item of the stream into its slot; returns whether an older one was replaced."""
        with self._changed:
            replaced = self._item is not None
            self._item = item
            self._changed.notify()
            return replaced

    def queue(self, request: Item) -> bool:
        """Append a request; returns False, and drops it, where as many wait as may."""
        with self._changed:
            if len(self._requests) >= self._max_requests:
                return False
            self._requests.append(request)
            self._changed.notify()
            return True

    def take(self) -> Item | None:
        """Wait for an item or a request and return it, or None once the mailbox is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._requests or self._closed)
            return None if self._closed else self._next()

    def _next(self) -> Item | None:
        if self._requests and (self._is_request_next or self._item is None):
            self._is_request_next = False
            return self._requests.popleft()
        self._is_request_next = True
        item, self._item = self._item, None
        return item

    def close(self) -> None:
        """Wake whoever waits; what was not taken is dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
