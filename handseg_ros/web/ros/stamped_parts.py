"""What a node's topics say of one image, brought together by its stamp."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from builtin_interfaces.msg import Time

from handseg_ros.nodes.input.stamps import nanoseconds_of

# Of so many stamps parts are kept: an image is answered sooner, or never.
KEPT_STAMPS = 10


class StampedParts:
    """Holds the messages of the newest stamps until one has all its parts."""

    def __init__(self, wanted: Collection[str]) -> None:
        """Wait for the parts of these names."""
        self._wanted = frozenset(wanted)
        self._waiting: dict[int, dict[str, Any]] = {}

    def add(self, part: str, stamp: Time, message: Any) -> dict[str, Any] | None:
        """Take a message; returns all parts of its stamp by their names when it is the last.

        What came before them is forgotten then, as what is shown never goes back.
        """
        key = nanoseconds_of(stamp)
        parts = self._waiting.setdefault(key, {})
        parts[part] = message
        if parts.keys() != self._wanted:
            if len(self._waiting) > KEPT_STAMPS:
                del self._waiting[next(iter(self._waiting))]
            return None
        while next(iter(self._waiting)) != key:
            del self._waiting[next(iter(self._waiting))]
        del self._waiting[key]
        return parts

    def clear(self) -> None:
        """Forget all of them."""
        self._waiting.clear()
