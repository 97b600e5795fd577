"""A recording that was stopped, from which what is finished is taken into a new one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator

from handseg_ros.bags.bag import Bag, Recorded
from handseg_ros.segmentation.errors import MediaError


class Finished:
    """Walks along a stopped recording of a bag's messages and of answers to them.

    Both were written in the order in which the bag is read, so they come out again in that order.
    """

    def __init__(self, recording: Bag | None, answers: Collection[str]) -> None:
        """Take the recording, None where there is none yet, and the topics of the answers."""
        self._recording = recording
        self._answers = frozenset(answers)
        self._messages = iter(()) if recording is None else recording.messages()
        self._next: Recorded | None = next(self._messages, None)

    @property
    def is_at_end(self) -> bool:
        """Whether all that the recording has was taken."""
        return self._next is None

    def take(self, original: Recorded) -> None:
        """Pass by a message of the bag; raises MediaError for a recording of another bag."""
        found = self._next
        if found is None or self._recording is None:
            return
        if not _is_same(found, original):
            raise MediaError(
                f"'{self._recording.path}' was not made of this bag, as its message of "
                f"{found.topic.name} at {found.log_time} is not the bag's: give the bag that it "
                "was made of, or delete it and begin anew"
            )
        self._next = next(self._messages, None)

    def answers(self) -> Iterator[Recorded]:
        """Yield the answers that come next, to the image that was passed by last."""
        while self._next is not None and self._next.topic.name in self._answers:
            yield self._next
            self._next = next(self._messages, None)


def _is_same(one: Recorded, other: Recorded) -> bool:
    return (one.topic.name, one.log_time, one.data) == (
        other.topic.name,
        other.log_time,
        other.data,
    )
