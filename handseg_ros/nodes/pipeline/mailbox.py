"""What lies between the executor's thread and the worker's: newest frames, and requests."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Holds at most one item of each stream, and a short queue of requests, never replaced.

    A newer item replaces an older one of its stream that nobody has taken yet: so the latency of
    what is taken stays bounded whatever the rate of what is put. The stream that waits longest
    comes first, so that none starves. Where items and requests wait, they take turns.
    """

    def __init__(self, max_requests: int) -> None:
        self._changed = threading.Condition()
        # In the order in which streams began to wait: a replaced item keeps its stream's place.
        self._items: dict[str, Item] = {}
        self._requests: deque[Item] = deque()
        self._max_requests = max_requests
        self._is_request_next = False
        self._closed = False

    def put(self, stream: str, item: Item) -> bool:
        """Lay an item into its stream's slot; returns whether an older one was replaced."""
        with self._changed:
            replaced = stream in self._items
            self._items[stream] = item
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
            self._changed.wait_for(lambda: self._items or self._requests or self._closed)
            return None if self._closed else self._next()

    def _next(self) -> Item:
        if self._requests and (self._is_request_next or not self._items):
            self._is_request_next = False
            return self._requests.popleft()
        self._is_request_next = True
        return self._items.pop(next(iter(self._items)))

    def close(self) -> None:
        """Wake whoever waits; what was not taken is dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
