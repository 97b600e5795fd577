"""What a node's topics say of one image, brought together by its stamp."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from builtin_interfaces.msg import Time

from handseg_ros.nodes.input.stamps import nanoseconds_of

# Of so many stamps parts are kept in any case, and of more while they are not too large: a slow
# network answers an image when many have come after it.
KEPT_STAMPS = 10
_MOST_STAMPS = 120
_MOST_BYTES = 128 << 20


class StampedParts:
    """Holds the messages of the newest stamps until one has all its parts."""

    def __init__(self, wanted: Collection[str]) -> None:
        """Wait for the parts of these names."""
        self._wanted = frozenset(wanted)
        self._waiting: dict[int, dict[str, Any]] = {}

    def add(self, part: str, stamp: Time, message: Any) -> dict[str, Any] | None:
        """Take a message with `data`; returns all parts of its stamp by name when it is the last.

        What came before them is forgotten then, as what is shown never goes back.
        """
        key = nanoseconds_of(stamp)
        parts = self._waiting.setdefault(key, {})
        parts[part] = message
        if parts.keys() != self._wanted:
            while self._is_too_much():
                del self._waiting[next(iter(self._waiting))]
            return None
        while next(iter(self._waiting)) != key:
            del self._waiting[next(iter(self._waiting))]
        del self._waiting[key]
        return parts

    def _is_too_much(self) -> bool:
        stamps = len(self._waiting)
        messages = (each for parts in self._waiting.values() for each in parts.values())
        is_large = sum(len(each.data) for each in messages) > _MOST_BYTES
        return stamps > _MOST_STAMPS or (stamps > KEPT_STAMPS and is_large)

    def clear(self) -> None:
        """Forget all of them."""
        self._waiting.clear()
