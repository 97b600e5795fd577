"""Which depth and which calibration belong to an image: by stamp, in bounded memory.

Stamps are in nanoseconds. Moments, as those at which messages came, are a time.monotonic() in
seconds; the clock is the caller's.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from sensor_msgs.msg import CameraInfo

from handseg_ros.nodes.depth.missing import DepthTopics, MissingDepth
from handseg_ros.nodes.input.pending_frame import (
    DepthImageMessage,
    DepthMessages,
    PendingFrame,
)
from handseg_ros.nodes.input.stamps import nanoseconds_of

# How many images wait at once, and how many depth images and calibrations are kept for them.
MAX_QUEUED = 10
# Of how many images that went on without depth it is known when they came: a few numbers each.
_MAX_REMEMBERED = 300
# A stamp that lies farther before the last one of its topic than this means that time began anew,
# in nanoseconds; a little disorder is the network's.
_JUMP = 1_000_000_000
# What came longer before an image than this, in seconds, tells nothing of how late its topic is.
_RECENT = 1.0

Message = TypeVar("Message")


@dataclass(frozen=True)
class SyncTolerances:
    """How far stamps may be apart, in nanoseconds, and how long an image waits, in seconds."""

    tolerance: int
    wait: float


@dataclass(frozen=True)
class SyncResult:
    """An image that goes on: with its depth, or with the reason why it has none."""

    pending: PendingFrame
    missing: MissingDepth | None = None


@dataclass(frozen=True)
class _Kept(Generic[Message]):
    """A message that is kept, the stamp of its header, and when it came."""

    message: Message
    stamp: int
    when: float


class DepthSynchronizer:
    """Lets each image wait for its depth, and says when it goes on.

    An image goes on with the nearest depth within the tolerance as soon as one is there, and with
    the calibration of its own stamp, else with the newest. It goes on without depth when a later
    depth came and none of its time, or when its wait is over. Images go on in the order in which
    they came. A stamp far in the past, on any topic, makes the matcher forget what is later. A
    calibration from before serves again where none comes in an image's wait, as one that a camera
    sends once and for all.
    """

    def __init__(self, rule: SyncTolerances, topics: DepthTopics) -> None:
        self._rule = rule
        self._topics = topics
        self._waiting: deque[_Kept[PendingFrame]] = deque()
        self._depths: deque[_Kept[DepthImageMessage]] = deque(maxlen=MAX_QUEUED)
        self._calibrations: deque[_Kept[CameraInfo]] = deque(maxlen=MAX_QUEUED)
        self._released: deque[_Kept[None]] = deque(maxlen=_MAX_REMEMBERED)
        self._former_calibration: _Kept[CameraInfo] | None = None
        self._last_stamps: dict[str, int] = {}
        self._delay: float | None = None

    @property
    def delay(self) -> float | None:
        """How long after its image the last depth came, in seconds; below 0 when before it."""
        return self._delay

    @property
    def deadline(self) -> float | None:
        """The moment at which the next image's wait is over, or None when no image waits."""
        return self._waiting[0].when + self._rule.wait if self._waiting else None

    def take_image(self, pending: PendingFrame) -> list[SyncResult]:
        """Take an image; return those that go on now."""
        stamp = nanoseconds_of(pending.message.header.stamp)
        synchronized = self._note_stamp("image", stamp)
        if len(self._waiting) == MAX_QUEUED:
            synchronized.append(
                self._result(self._waiting.popleft(), self._topics.crowded(MAX_QUEUED))
            )
        self._waiting.append(_Kept(pending, stamp, pending.when))
        return synchronized + self.settle(pending.when)

    def take_depth(self, message: DepthImageMessage, when: float) -> list[SyncResult]:
        """Take a depth image that came at `when`; return the images that go on now."""
        depth = _Kept(message, nanoseconds_of(message.header.stamp), when)
        synchronized = self._note_stamp("depth", depth.stamp)
        self._depths.append(depth)
        # An image that still waits notes the delay itself.
        if released := _nearest(self._released, depth.stamp, self._rule.tolerance):
            self._delay = when - released.when
        return synchronized + self.settle(when)

    def take_calibration(self, message: CameraInfo, when: float) -> list[SyncResult]:
        """Take a calibration that came at `when`; return the images that go on now."""
        stamp = nanoseconds_of(message.header.stamp)
        synchronized = self._note_stamp("camera_info", stamp)
        self._calibrations.append(_Kept(message, stamp, when))
        return synchronized + self.settle(when)

    def settle(self, now: float) -> list[SyncResult]:
        """Return the images that go on at this moment."""
        synchronized: list[SyncResult] = []
        while self._waiting:
            image = self._waiting[0]
            outcome = self._outcome(image, is_over=now >= image.when + self._rule.wait)
            if outcome is None:
                break
            synchronized.append(self._result(self._waiting.popleft(), outcome))
        return synchronized

    def release(self, missing: MissingDepth | None) -> list[SyncResult]:
        """Let every image that waits go on without depth, for this reason or for none."""
        released = [SyncResult(image.message, missing) for image in self._waiting]
        self._waiting.clear()
        return released

    def _outcome(
        self, image: _Kept[PendingFrame], is_over: bool
    ) -> DepthMessages | MissingDepth | None:
        """Return what an image goes on with, or None while it is to wait."""
        depth = _nearest(self._depths, image.stamp, self._rule.tolerance)
        if depth is None:
            return self._why_missing(image, is_over)
        self._delay = depth.when - image.when
        if is_over and not self._calibrations and self._former_calibration is not None:
            self._calibrations.append(self._former_calibration)
        if self._calibrations:
            same = _nearest(self._calibrations, image.stamp, 0)
            return DepthMessages(depth.message, (same or self._calibrations[-1]).message)
        return self._topics.no_camera_info(self._rule.wait) if is_over else None

    def _why_missing(self, image: _Kept[PendingFrame], is_over: bool) -> MissingDepth | None:
        newest = self._depths[-1] if self._depths else None
        if newest is not None and newest.stamp > image.stamp:
            gap = min(abs(depth.stamp - image.stamp) for depth in self._depths)
            return self._topics.apart(gap, self._rule.tolerance)
        if not is_over:
            return None
        if newest is None or newest.when < image.when - _RECENT:
            return self._topics.absent(self._rule.wait)
        if self._delay is not None and self._delay > self._rule.wait:
            return self._topics.late(self._delay)
        return self._topics.behind(self._rule.wait, image.stamp - newest.stamp)

    def _result(
        self, image: _Kept[PendingFrame], outcome: DepthMessages | MissingDepth
    ) -> SyncResult:
        if isinstance(outcome, MissingDepth):
            self._released.append(_Kept(None, image.stamp, image.when))
            return SyncResult(image.message, outcome)
        return SyncResult(PendingFrame(image.message.message, image.when, outcome))

    def _note_stamp(self, topic: str, stamp: int) -> list[SyncResult]:
        """Note a topic's stamp; when time began anew, forget what is later and let it go."""
        last = self._last_stamps.get(topic, stamp)
        self._last_stamps[topic] = stamp
        if stamp >= last - _JUMP:
            return []
        limit = stamp + _JUMP
        _take_later(self._depths, limit)
        later = _take_later(self._calibrations, limit)
        self._former_calibration = later[-1] if later else self._former_calibration
        _take_later(self._released, limit)
        missing = self._topics.time_went_back()
        return [self._result(image, missing) for image in _take_later(self._waiting, limit)]


def _nearest(kept: deque[_Kept[Message]], stamp: int, tolerance: int) -> _Kept[Message] | None:
    """Return the one whose stamp is nearest, if it is within the tolerance; of equal ones the last.

    A driver that stamps nothing would else be answered with the oldest of all that are kept.
    """
    near = [item for item in reversed(kept) if abs(item.stamp - stamp) <= tolerance]
    return min(near, key=lambda item: abs(item.stamp - stamp), default=None)


def _take_later(kept: deque[_Kept[Message]], limit: int) -> list[_Kept[Message]]:
    """Take those out whose stamp is later than the limit, and return them."""
    later = [item for item in kept if item.stamp > limit]
    earlier = [item for item in kept if item.stamp <= limit]
    kept.clear()
    kept.extend(earlier)
    return later
