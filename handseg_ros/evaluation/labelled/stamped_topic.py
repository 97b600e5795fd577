"""Messages of a bag's topic, found by the stamp of the image that they belong to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from handseg_ros.bags.bag import Bag, BagTopic
from handseg_ros.bags.definitions import read_message, types_of
from handseg_ros.bags.images import stamp_of
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
        return self._waiting.pop(stamp, None)

    def _read(self, bag: Bag, topic: BagTopic) -> Iterator[Any]:
        for recorded in bag.messages([topic.name]):
            # Damaged, it belongs to no image; that one is answered without a label.
            with suppress(ImageError):
                yield read_message(self._types, recorded.data, topic.msgtype)
