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
# Stamps so much earlier than the one before begin anew: what was played in a loop was recorded.
_JUMP = 1_000_000_000  # nanoseconds


class StampedTopic:
    """One topic of a bag, read along with its images.

    Both are expected in the order of their stamps, give or take `_WAITING` messages: so memory
    does not grow with the bag, wherever in it the labels were recorded. Where stamps go back by
    a second or more, on both topics, a new pass over the same images has begun.
    """

    def __init__(self, bag: Bag, topic: BagTopic) -> None:
        """Start at the topic's first message; raises MediaError when its type is not defined."""
        self.msgtype = topic.msgtype
        self._types = types_of(topic.connection)
        self._messages = self._read(bag, topic)
        # By the pass and the stamp; None where two messages have the same.
        self._waiting: OrderedDict[tuple[int, int], Any | None] = OrderedDict()
        self._read_pass, self._newest = 0, -1
        self._asked_pass, self._asked = 0, -1
        self._name = topic.name
        self._passed = self._damaged = self._twice = 0

    def at(self, stamp: int) -> Any | None:
        """Return the message with an image's stamp (nanoseconds), or None where there is none."""
        if stamp < self._asked - _JUMP:
            self._asked_pass += 1
        self._asked = stamp
        wanted = self._asked_pass, stamp
        # One further than its own message, which might not be the only one.
        while (self._read_pass, self._newest) <= wanted or (
            wanted not in self._waiting and len(self._waiting) < _WAITING
        ):
            message = next(self._messages, None)
            if message is None:
                break
            self._keep(message)
        return self._waiting.pop(wanted, None)

    def _keep(self, message: Any) -> None:
        """Have a message wait for its image; the one that waits longest goes where many wait."""
        belongs_to = stamp_of(message.header)
        if belongs_to < self._newest - _JUMP:
            self._read_pass, self._newest = self._read_pass + 1, -1
        self._newest = max(self._newest, belongs_to)
        key = self._read_pass, belongs_to
        if key in self._waiting:
            self._twice += 1 if self._waiting[key] is None else 2
            self._waiting[key] = None
            return
        self._waiting[key] = message
        if len(self._waiting) > _WAITING:
            _, passed = self._waiting.popitem(last=False)
            self._passed += passed is not None

    def left_over(self) -> list[Skipped]:
        """Return what is told, after the last image, of messages that no image asked for."""
        waiting = sum(message is not None for message in self._waiting.values())
        unasked = self._passed + waiting + sum(1 for _ in self._messages)
        told = []
        if unasked:
            told.append(
                Skipped(self._name, f"{unasked} of its labels have no image of their stamp")
            )
        if self._twice:
            told.append(
                Skipped(
                    self._name,
                    f"{self._twice} of its labels have a stamp that another has, so that nobody "
                    "knows whose they are",
                )
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
