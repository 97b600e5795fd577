"""Guards that frames come at their pace, and that a camera that stops is opened again."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.matroska import write_matroska
from support.processes import PATIENCE

from handseg_ros.media import CameraSource, Frame, VideoSink, VideoSource
from handseg_ros.nodes.source.frame_pump import FramePump, PumpCallbacks, RecordedPace
from handseg_ros.segmentation.errors import HandsegError, MediaError

LENGTH = 6


class Record:
    """What a pump asked and told; `period` and `loop` are its answers."""

    def __init__(self, period: float = 0.0, loop: bool = False) -> None:
        self.frames: list[Frame] = []
        self.troubles: list[HandsegError] = []
        self.outcome: Exception | None = None
        self.on_end = threading.Event()
        self.callbacks = PumpCallbacks(
            is_ready=lambda: True,
            period=lambda frame: period,
            is_looped=lambda: loop,
            on_frame=self.frames.append,
            on_error=self.troubles.append,
            on_end=self._keep,
        )

    def _keep(self, outcome: Exception | None) -> None:
        self.outcome = outcome
        self.on_end.set()

    def wait_for_frames(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(self.frames) < count:
            assert time.monotonic() < deadline, f"{len(self.frames)} frames, {self.outcome}"
            time.sleep(0.005)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    with VideoSink(path, 100.0) as sink:
        for index in range(LENGTH):
            sink.write(np.full((48, 64), 10 * index, np.uint8))
    return path


@pytest.fixture
def pumps() -> Iterator[list[FramePump]]:
    started: list[FramePump] = []
    yield started
    for pump in started:
        pump.stop(timeout=5.0)


def test_end_of_a_source_is_told(clip: Path, pumps: list[FramePump]) -> None:
    record = Record()
    pumps.append(FramePump(VideoSource(clip), record.callbacks))

    pumps[0].start()

    assert record.on_end.wait(10.0)
    assert record.outcome is None
    assert [frame.index for frame in record.frames] == list(range(LENGTH))


def test_pace(clip: Path, pumps: list[FramePump]) -> None:
    record = Record(period=0.05)
    pumps.append(FramePump(VideoSource(clip), record.callbacks))

    pumps[0].start()

    assert record.on_end.wait(10.0)
    gaps = np.diff([frame.time for frame in record.frames])
    # on a busy machine a frame may be late, and the next is due a period after it
    assert 0.04 < np.median(gaps) < 0.15


def test_camera_that_stops_is_opened_again(clip: Path, pumps: list[FramePump]) -> None:
    record = Record()
    # a file stands in for the device: at its end it delivers no longer, as one unplugged
    pumps.append(FramePump(CameraSource(str(clip)), record.callbacks, retry_period=0.05))

    pumps[0].start()
    record.wait_for_frames(2 * LENGTH + 1)

    assert [frame.index for frame in record.frames[: LENGTH + 2]] == [*range(LENGTH), 0, 1]
    assert isinstance(record.troubles[0], MediaError)
    assert "stopped after 6 frames" in str(record.troubles[0])
    assert not record.on_end.is_set()


def test_camera_that_never_worked_is_an_error(pumps: list[FramePump]) -> None:
    record = Record()
    pumps.append(FramePump(CameraSource("/dev/video98"), record.callbacks, retry_period=0.05))

    pumps[0].start()

    assert record.on_end.wait(10.0)
    assert "cannot be opened" in str(record.outcome)


def test_camera_faster_than_wanted_is_thinned_out(clip: Path, pumps: list[FramePump]) -> None:
    record = Record(period=3600.0)
    pumps.append(FramePump(CameraSource(str(clip)), record.callbacks, retry_period=0.05))

    pumps[0].start()
    record.wait_for_frames(1)
    deadline = time.monotonic() + PATIENCE
    while not record.troubles and time.monotonic() < deadline:
        time.sleep(0.005)

    # all six were grabbed, as the end shows, but the others came an hour too early
    assert "stopped after 6 frames" in str(record.troubles[0])
    assert [frame.index for frame in record.frames] == [0]


def test_error_of_the_one_it_serves_is_told(clip: Path, pumps: list[FramePump]) -> None:
    record = Record()

    def fail(frame: Frame) -> None:
        raise RuntimeError(f"frame {frame.index} not taken")

    record.callbacks = PumpCallbacks(**{**vars(record.callbacks), "on_frame": fail})
    pumps.append(FramePump(VideoSource(clip), record.callbacks))

    pumps[0].start()

    assert record.on_end.wait(10.0)
    assert str(record.outcome) == "frame 0 not taken"


def test_nothing_is_delivered_after_stop(clip: Path) -> None:
    record = Record(period=0.01, loop=True)
    pump = FramePump(VideoSource(clip), record.callbacks)

    pump.start()
    record.wait_for_frames(2)
    pump.stop(timeout=5.0)
    count = len(record.frames)
    time.sleep(0.05)

    assert len(record.frames) == count
    assert not record.on_end.is_set()


def test_what_was_recorded_unevenly_is_played_as_it_was(
    tmp_path: Path, pumps: list[FramePump]
) -> None:
    times = [0, 20, 40, 440, 460, 860, 880]
    write_matroska(tmp_path / "v.mkv", times, 900)
    source, pace, record = VideoSource(tmp_path / "v.mkv"), RecordedPace(), Record()
    callbacks = {**vars(record.callbacks), "period": lambda frame: pace.period(frame, 1000.0)}
    pumps.append(FramePump(source, PumpCallbacks(**callbacks)))
    pumps[0].start()
    assert record.on_end.wait(10.0)
    assert len(record.frames) == len(times)
    assert record.frames[-1].time - record.frames[0].time > 0.85
    assert record.frames[2].time - record.frames[0].time < 0.4


def test_pictures_and_a_first_frame_have_the_rate_given_and_no_gap_is_waited_out() -> None:
    pace = RecordedPace()
    image = np.zeros((1, 1, 3), np.uint8)
    periods = [
        pace.period(Frame(image, 0, "a", 0.0, position), rate=10.0)
        for position in (None, None, 0.0, 0.5, 0.5, 100.0, 0.0)
    ]
    assert periods == [0.1, 0.1, 0.1, 0.5, 0.1, 5.0, 0.1]
