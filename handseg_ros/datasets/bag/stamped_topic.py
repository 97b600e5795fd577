"""Messages of a bag's topic, found by the stamp of the image that they belong to."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from handseg_ros.bags.bag import Bag, BagTopic
from handseg_ros.bags.definitions import read_message, types_of
from handseg_ros.bags.images import stamp_of
from handseg_ros.datasets.frames import Skipped
from handseg_ros.segmentation.errors import ImageError

# How many messages wait for an image that comes later, or out of order. Few, as each is in memory.
_WAITING = 16


class StampedTopic:
    """One topic of a bag, read along with its images.

    Both are expected in the order of their stamps, give or take `_WAITING` messages: so memory
    does not grow with the bag, wherever in it the labels were recorded.
    """

    def __init__(self, bag: Bag, topic: BagTopic) -> None:
        """Start at the topic's first message; raises MediaError when its type is not defined."""
        self.msgtype = topic.msgtype
        self._types = types_of(topic.connection)
        self._messages = self._read(bag, topic)
        self._waiting: OrderedDict[int, Any] = OrderedDict()
        self._newest = -1
        self._name = topic.name
        self._passed = self._damaged = 0

    def at(self, stamp: int) -> Any | None:
        """Return the message with an image's stamp (nanoseconds), or None where there is none."""
        while stamp not in self._waiting and (
            self._newest <= stamp or len(self._waiting) < _WAITING
        ):
            message = next(self._messages, None)
            if message is None:
                break
            belongs_to = stamp_of(message.header)
            self._newest = max(self._newest, belongs_to)
            self._waiting[belongs_to] = message
            if len(self._waiting) > _WAITING:
                self._waiting.popitem(last=False)
                self._passed += 1
        return self._waiting.pop(stamp, None)

    def left_over(self) -> list[Skipped]:
        """Return what is told, after the last image, of messages that no image asked for."""
        unasked = self._passed + len(self._waiting) + sum(1 for _ in self._messages)
        told = []
        if unasked:
            told.append(
                Skipped(self._name, f"{unasked} of its labels have no image of their stamp")
            )
        if self._damaged:
            told.append(Skipped(self._name, f"{self._damaged} of its messages are damaged"))
        return told

    def _read(self, bag: Bag, topic: BagTopic) -> Iterator[Any]:
        for recorded in bag.messages([topic.name]):
            try:
                message = read_message(self._types, recorded.data, topic.msgtype)
            except ImageError:
                # It belongs to no image, so that one is answered without a label.
                self._damaged += 1
            else:
                yield message
