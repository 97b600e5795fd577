"""Guards which depth an image goes on with, when it stops waiting and why, in bounded memory."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pytest
from sensor_msgs.msg import CameraInfo, Image

from handseg_ros.nodes.depth.missing import DepthTopics, MissingDepthReason
from handseg_ros.nodes.depth.synchronizer import (
    MAX_QUEUED,
    DepthSynchronizer,
    SyncResult,
    SyncTolerances,
)
from handseg_ros.nodes.input.pending_frame import PendingFrame

MS = 1_000_000
START = 5_000_000 * MS
TOPICS = DepthTopics(depth="/depth", camera_info="/camera_info")


def stamped(kind: type, stamp: int) -> Image | CameraInfo:
    message = kind()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 1000 * MS)
    return message


class Stream:
    """A matcher fed by stamps and moments: both in milliseconds from the start."""

    def __init__(self, tolerance: float = 0.0, wait: float = 100.0) -> None:
        self.synchronizer = DepthSynchronizer(
            SyncTolerances(round(tolerance * MS), wait / 1000), TOPICS
        )

    def image(self, stamp: float, when: float | None = None) -> list[SyncResult]:
        message = stamped(Image, START + round(stamp * MS))
        moment = (stamp if when is None else when) / 1000
        return self.synchronizer.take_image(PendingFrame(message, moment))

    def depth(self, stamp: float, when: float | None = None) -> list[SyncResult]:
        moment = (stamp if when is None else when) / 1000
        return self.synchronizer.take_depth(stamped(Image, START + round(stamp * MS)), moment)

    def calibration(self, stamp: float, when: float | None = None) -> list[SyncResult]:
        moment = (stamp if when is None else when) / 1000
        return self.synchronizer.take_calibration(
            stamped(CameraInfo, START + round(stamp * MS)), moment
        )


def milliseconds(message: Image | CameraInfo) -> float:
    stamp = message.header.stamp
    return (stamp.sec * 1000 * MS + stamp.nanosec - START) / MS


def pairs(synchronized: list[SyncResult]) -> list[tuple[float, float | None]]:
    """Return (image's stamp, its depth's or None) in milliseconds."""
    return [
        (
            milliseconds(each.pending.message),
            None if each.pending.depth is None else milliseconds(each.pending.depth.image),
        )
        for each in synchronized
    ]


def reasons(synchronized: list[SyncResult]) -> list[MissingDepthReason | None]:
    return [None if each.missing is None else each.missing.reason for each in synchronized]


def texts(synchronized: list[SyncResult]) -> str:
    return "; ".join(each.missing.text for each in synchronized if each.missing)


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.mark.parametrize("order", ["icd", "idc", "cid", "cdi", "dic", "dci"])
def test_the_last_of_the_three_lets_the_image_go_on(stream: Stream, order: str) -> None:
    takers = {"i": stream.image, "c": stream.calibration, "d": stream.depth}

    synchronized = [takers[letter](33, when=40 + place) for place, letter in enumerate(order)]

    assert [pairs(each) for each in synchronized] == [[], [], [(33, 33)]]
    assert reasons(synchronized[2]) == [None]
    assert stream.synchronizer.deadline is None


def test_several_images_wait_for_slow_depth(stream: Stream) -> None:
    stream.calibration(0)
    waiting = [stream.image(33 * number) for number in range(3)]
    answered = [stream.depth(33 * number, when=90 + number) for number in range(3)]

    assert waiting == [[], [], []]
    assert [pairs(each) for each in answered] == [[(0, 0)], [(33, 33)], [(66, 66)]]
    assert stream.synchronizer.delay == pytest.approx(0.026)


def test_stamps_must_be_equal_without_tolerance(stream: Stream) -> None:
    stream.calibration(0)
    stream.image(33)

    assert stream.depth(32.999) == []
    synchronized = stream.depth(33.001)

    assert pairs(synchronized) == [(33, None)]
    assert reasons(synchronized) == [MissingDepthReason.APART]


def test_the_nearest_depth_within_the_tolerance_is_taken() -> None:
    stream = Stream(tolerance=10)
    stream.calibration(0)
    for stamp in (19, 30, 41, 52):
        stream.depth(stamp)

    assert pairs(stream.image(38, when=60)) == [(38, 41)]
    # One depth may serve two images.
    assert pairs(stream.image(42, when=64)) == [(42, 41)]
    assert pairs(stream.image(62, when=80)) == [(62, 52)]
    # The next one is too far, and later ones may come.
    assert stream.image(62.001, when=80) == []
    assert pairs(stream.depth(71)) == [(62.001, 71)]


def test_a_gap_is_told_with_both_lengths() -> None:
    stream = Stream(tolerance=2)
    stream.calibration(0)
    stream.image(33)

    text = texts(stream.depth(45.5))

    assert "12.5 ms" in text
    assert "depth_tolerance is 2 ms" in text
    assert "/depth" in text


def test_an_image_waits_no_longer_than_it_may(stream: Stream) -> None:
    stream.image(0)
    stream.image(30)

    assert stream.synchronizer.deadline == pytest.approx(0.1)
    assert stream.synchronizer.settle(0.0999) == []
    synchronized = stream.synchronizer.settle(0.1)
    assert pairs(synchronized) == [(0, None)]
    assert reasons(synchronized) == [MissingDepthReason.ABSENT]
    assert "no depth came on /depth" in texts(synchronized)
    assert stream.synchronizer.deadline == pytest.approx(0.13)


def test_no_wait_takes_what_is_there() -> None:
    stream = Stream(wait=0)
    stream.calibration(0)
    stream.depth(33)

    assert pairs(stream.image(33)) == [(33, 33)]
    assert reasons(stream.image(66)) == [MissingDepthReason.ABSENT]


def test_late_depth_is_told_by_how_much(stream: Stream) -> None:
    stream.calibration(0)
    told = []
    for number in range(12):
        now = 40 * number
        told += stream.synchronizer.settle(now / 1000)
        told += stream.image(now)
        if now >= 120:
            told += stream.depth(now - 120, when=now)

    assert stream.synchronizer.delay == pytest.approx(0.12)
    assert reasons(told)[-1] == MissingDepthReason.LATE
    assert "depth is 120 ms late on /depth" in texts(told[-1:])
    assert "depth_wait above 0.12 s" in texts(told[-1:])
    # Once it comes in time again, images have it.
    assert pairs(stream.depth(440, when=445))[-1] == (440, 440)


def test_depth_that_ended_is_absent_and_no_longer_late(stream: Stream) -> None:
    stream.calibration(0)
    stream.image(0)
    stream.synchronizer.settle(0.1)
    stream.depth(0, when=150)

    stream.image(160)
    assert reasons(stream.synchronizer.settle(0.26)) == [MissingDepthReason.LATE]
    stream.image(5000)
    assert reasons(stream.synchronizer.settle(5.1)) == [MissingDepthReason.ABSENT]


def test_stamps_that_are_always_behind_are_told(stream: Stream) -> None:
    stream.calibration(0)
    stream.depth(0, when=495)
    stream.image(500)

    text = texts(stream.synchronizer.settle(0.6))

    assert "500 ms older" in text
    assert "correct the stamps" in text


def test_depth_without_calibration(stream: Stream) -> None:
    stream.image(0)
    assert stream.depth(0) == []

    synchronized = stream.synchronizer.settle(0.1)

    assert reasons(synchronized) == [MissingDepthReason.NO_CAMERA_INFO]
    assert "camera_info missing" in texts(synchronized)
    assert "/camera_info" in texts(synchronized)


def test_the_calibration_of_the_stamp_is_preferred_to_the_newest(stream: Stream) -> None:
    stream.calibration(0)
    stream.calibration(33)
    stream.calibration(66)
    stream.depth(33)
    stream.depth(99)

    (same,) = stream.image(33)
    (newest,) = stream.image(99)

    assert same.pending.depth is not None
    assert newest.pending.depth is not None
    assert milliseconds(same.pending.depth.camera_info) == 33
    assert milliseconds(newest.pending.depth.camera_info) == 66


def test_memory_is_bounded() -> None:
    stream = Stream(wait=1e6)
    stream.calibration(0)
    synchronized = [each for stamp in range(100) for each in stream.image(stamp)]

    assert [stamp for stamp, _ in pairs(synchronized)] == list(range(100 - MAX_QUEUED))
    assert set(reasons(synchronized)) == {MissingDepthReason.CROWDED}
    # Of the depth images that came before, the newest are kept.
    stream = Stream(wait=0)
    stream.calibration(0)
    for stamp in range(100):
        stream.depth(stamp)
    kept = [stream.image(stamp)[0].pending.depth is not None for stamp in range(100)]
    assert kept == [False] * (100 - MAX_QUEUED) + [True] * MAX_QUEUED


@pytest.mark.parametrize("first", ["image", "depth", "calibration"])
def test_a_jump_back_in_time_forgets_what_is_later(stream: Stream, first: str) -> None:
    stream.calibration(60_000)
    for stamp in (60_000, 60_033):
        stream.depth(stamp)
    stream.image(60_066, when=60_066)

    takers = {"image": stream.image, "depth": stream.depth, "calibration": stream.calibration}
    synchronized = takers.pop(first)(0, when=60_070)
    for take in takers.values():
        synchronized += take(0, when=60_071)

    # The one that waited goes on without; the new time's is matched at once.
    assert pairs(synchronized) == [(60_066, None), (0, 0)]
    assert reasons(synchronized) == [MissingDepthReason.TIME_WENT_BACK, None]
    assert milliseconds(synchronized[1].pending.depth.camera_info) == 0  # type: ignore[union-attr]


def test_a_calibration_that_is_sent_once_stays_when_time_goes_back(stream: Stream) -> None:
    stream.calibration(10_000)
    stream.depth(10_000)
    assert pairs(stream.image(10_000)) == [(10_000, 10_000)]
    stream.depth(0, when=10_050)
    assert not stream.image(0, when=10_050)  # a new one may be under way
    assert pairs(stream.synchronizer.settle(10.16)) == [(0, 0)]
    stream.depth(33, when=10_170)
    assert pairs(stream.image(33, when=10_171)) == [(33, 33)]


def test_a_little_disorder_is_no_jump(stream: Stream) -> None:
    stream.calibration(0)
    stream.depth(33)
    stream.depth(0, when=34)

    assert pairs(stream.image(33, when=35)) == [(33, 33)]


def test_waiting_images_can_be_let_go(stream: Stream) -> None:
    stream.image(0)
    stream.image(1)

    synchronized = stream.synchronizer.release(TOPICS.depth_not_published())

    assert pairs(synchronized) == [(0, None), (1, None)]
    assert "nobody publishes" in texts(synchronized)
    assert stream.synchronizer.deadline is None


def test_of_messages_of_one_stamp_the_last_is_taken(stream: Stream) -> None:
    """A driver that stamps nothing gives all the same, and the oldest of ten is long past."""
    for moment in (0.0, 30.0, 60.0):
        stream.depth(0.0, moment)
        stream.calibration(0.0, moment)
    newest = stamped(Image, START)
    stream.synchronizer.take_depth(newest, 0.09)

    (synchronized,) = stream.image(0.0, 100.0)

    assert synchronized.pending.depth is not None
    assert synchronized.pending.depth.image is newest
