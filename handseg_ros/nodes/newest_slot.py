"""The one place between the executor's thread and the worker's: it holds the newest frame."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class NewestSlot(Generic[Item]):
    """Holds at most one item; a newer one replaces an older one that nobody has taken yet.

    So the latency of what is taken stays bounded whatever the rate of what is put.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: Item | None = None
        self._closed = False

    def put(self, item: Item) -> bool:
        """Lay the item into the slot; returns whether an older one was replaced."""
        with self._changed:
            replaced = self._item is not None
            self._item = item
            self._changed.notify()
            return replaced

    def take(self) -> Item | None:
        """Wait for an item and return it, or None once the slot is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed)
            item, self._item = self._item, None
            return None if self._closed else item

    def close(self) -> None:
        """Wake whoever waits; what lies in the slot is dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
