"""Picks some of many things evenly, without knowing how many there will be."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Generic, TypeVar

Item = TypeVar("Item")


class EvenSample(Generic[Item]):
    """Keeps every n-th item; n doubles whenever twice as many as wanted are kept."""

    def __init__(self, most: int) -> None:
        self._most, self._step, self._seen = most, 1, 0
        self._kept: list[Item] = []

    def add(self, item: Item) -> None:
        """Take the next item, and keep it or not."""
        if self._seen % self._step == 0:
            self._kept.append(item)
        self._seen += 1
        if len(self._kept) == 2 * self._most:
            self._kept = self._kept[::2]
            self._step *= 2

    @property
    def items(self) -> list[Item]:
        """What was picked, in order: all there were, or as many as wanted."""
        count = len(self._kept)
        wanted = min(count, self._most)
        return [self._kept[number * count // wanted] for number in range(wanted)]
