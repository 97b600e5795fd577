"""Guards the runner: every frame once and in order, and going on after a stop."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.foreign import bright
from support.labelled import write_clip_folder

from handseg_ros.datasets.frames import GroundTruth, LabelledFrame, Skipped
from handseg_ros.datasets.mask_folder.reading import open_folder
from handseg_ros.evaluation.runner.prefetch import prefetch
from handseg_ros.evaluation.runner.runner import run_models
from handseg_ros.evaluation.runner.store import FRAMES, EvaluationPlan, ModelIdentity, ResultStore
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.segmenter import Segmenter


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip_folder(tmp_path_factory.mktemp("clip"), frames=8)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.load("hands_fast")


@pytest.fixture
def small(tmp_path: Path) -> Segmenter:
    """Return a network that takes what is bright for hand, in no time."""
    return Segmenter.load(bright(tmp_path / "bright.onnx"))


class Painted:
    """A set of painted frames, read on demand; `broken` ends reading before that frame."""

    title = "painted"

    def __init__(self, length: int, broken: int | None = None) -> None:
        self.length: int | None = length
        self.skipped: list[Skipped] = []
        self.read = 0
        self._broken = broken

    def __iter__(self) -> Iterator[LabelledFrame]:
        for number in range(self.length or 0):
            if number == self._broken:
                raise KeyboardInterrupt
            self.read += 1
            image = np.zeros((48, 64, 3), np.uint8)
            place = number % 30
            image[10:30, place : place + 20] = 255
            ids = (image[..., 0] > 0).astype(np.uint8)
            yield LabelledFrame(f"{number}", f"{number // 100}", image, GroundTruth(ids, True))


def plan_of(segmenter: Segmenter, title: str = "painted") -> EvaluationPlan:
    return EvaluationPlan(title, (ModelIdentity.of(segmenter),))


def test_every_frame_is_answered_once_and_in_order(
    clip: Path, segmenter: Segmenter, tmp_path: Path
) -> None:
    labelled = open_folder(clip)
    with ResultStore(tmp_path / "out", plan_of(segmenter), resume=False) as store:
        run_models(labelled, [segmenter], store)
        records = list(store.records())
    assert [item.name for item in records] == [frame.name for frame in labelled]
    for item, frame in zip(records, labelled, strict=True):
        answer = segmenter.segment(frame.image)
        assert [hand.area for hand in item.answers[0].hands] == [hand.area for hand in answer.hands]
        assert item.labelled == (frame.ground_truth is not None)


def test_interrupted_it_goes_on_and_ends_with_the_same_bytes(
    clip: Path, segmenter: Segmenter, tmp_path: Path
) -> None:
    for name in ("whole", "parted"):
        with ResultStore(tmp_path / name, plan_of(segmenter), resume=False) as store:
            run_models(open_folder(clip), [segmenter], store)
    whole = (tmp_path / "whole" / FRAMES).read_bytes()
    lines = whole.splitlines(keepends=True)
    (tmp_path / "parted" / FRAMES).write_bytes(b"".join(lines[:3]) + lines[3][:40])
    with ResultStore(tmp_path / "parted", plan_of(segmenter), resume=True) as store:
        assert store.finished == 3
        run_models(open_folder(clip), [segmenter], store)
    assert (tmp_path / "parted" / FRAMES).read_bytes() == whole


def test_ctrl_c_keeps_what_is_finished(small: Segmenter, tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        ResultStore(tmp_path / "out", plan_of(small), resume=False) as store,
    ):
        run_models(Painted(20, broken=12), [small], store)
    with ResultStore(tmp_path / "out", plan_of(small), resume=True) as store:
        assert store.finished == 12
        run_models(Painted(20), [small], store)
        assert [item.name for item in store.records()] == [str(number) for number in range(20)]


@pytest.mark.parametrize("length", [3, 20])
def test_a_set_that_changed_is_refused(small: Segmenter, tmp_path: Path, length: int) -> None:
    class Changed(Painted):
        def __iter__(self) -> Iterator[LabelledFrame]:
            for frame in super().__iter__():
                if frame.name == "4":
                    frame.image[:] = 7
                yield frame

    with ResultStore(tmp_path / "out", plan_of(small), resume=False) as store:
        run_models(Painted(10), [small], store)
    with (
        ResultStore(tmp_path / "out", plan_of(small), resume=True) as store,
        pytest.raises(MediaError, match=r"frame '[34]' was answered before, .* another folder"),
    ):
        run_models(Changed(length), [small], store)


def test_one_frame_is_read_ahead_and_no_more() -> None:
    painted = Painted(10)
    frames = prefetch(painted)
    assert next(frames).frame.name == "0"
    assert next(frames).frame.name == "1"
    assert painted.read <= 3
    frames.close()  # type: ignore[attr-defined]
    assert painted.read <= 3


def test_files_are_opened_and_closed_by_one_thread() -> None:
    threads = set()

    def frames() -> Iterator[LabelledFrame]:
        threads.add(threading.get_ident())
        try:
            yield from Painted(5)
        finally:
            threads.add(threading.get_ident())

    reading = prefetch(frames())
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_reading_raises_comes_after_the_frames_before_it() -> None:
    frames = prefetch(Painted(5, broken=2))
    assert [next(frames).frame.name for _ in range(2)] == ["0", "1"]
    with pytest.raises(KeyboardInterrupt):
        next(frames)
