"""Guards an evaluation's folder: finished frames stay, torn lines go, others are refused."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.colours import by_colour
from support.file_limit import file_limit
from support.labelled import found, record

from handseg_ros.evaluation.runner.records import to_line
from handseg_ros.evaluation.runner.store import (
    FRAMES,
    RUN,
    TIMINGS,
    EvaluationPlan,
    FrameTimings,
    ModelIdentity,
    ResultStore,
)
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Timings
from handseg_ros.segmentation.segmenter import Segmenter

HANDS, OTHER = ModelIdentity("hands", "1", "0" * 64), ModelIdentity("hands", "1", "1" * 64)
PLAN = EvaluationPlan("set", (HANDS,))
THRESHOLDS = "\nthresholds: {score: 0.123, mask: 0.5, minimum_area: 0.0}\n"
TIMES = FrameTimings(0.1, 0.2, (Timings(0.3, 0.4, 0.5),))
RECORDS = [record([(10, 10, 20)], [found(1, (10, 10, 10))], name=str(n)) for n in range(3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of an evaluation of three frames."""
    with ResultStore(tmp_path / "deep" / "out", PLAN, resume=False) as store:
        for item in RECORDS:
            store.append(item, TIMES)
    return tmp_path / "deep" / "out"


def test_what_was_kept_is_read_again(folder: Path) -> None:
    with ResultStore(folder, PLAN, resume=True) as store:
        assert store.finished == 3
        assert list(store.records()) == RECORDS
        assert list(store.times()) == [TIMES] * 3


@pytest.mark.parametrize("name", [FRAMES, TIMINGS])
def test_a_line_that_was_torn_off_is_answered_again(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-5])
    with ResultStore(folder, PLAN, resume=True) as store:
        assert store.finished == 2
        store.append(RECORDS[2], TIMES)
        assert list(store.records()) == RECORDS
        assert list(store.times()) == [TIMES] * 3


def test_an_evaluation_does_not_go_on_where_the_set_is_read_otherwise(tmp_path: Path) -> None:
    plan = replace(PLAN, reading={"topic": "/camera", "mask_values": "auto"})
    with ResultStore(tmp_path, plan, resume=False):
        pass
    other = replace(PLAN, reading={"topic": "", "mask_values": "auto"})
    with pytest.raises(MediaError, match=r"\(topic '/camera', now none\): give"):
        ResultStore(tmp_path, other, resume=True)
    with ResultStore(tmp_path, plan, resume=True) as store:
        assert store.finished == 0


@pytest.mark.parametrize(
    ("plan", "resume", "words"),
    [
        (PLAN, False, ["holds an evaluation", "--resume"]),
        (EvaluationPlan("other", (HANDS,)), True, ["on 'set', not on 'other'"]),
        (
            EvaluationPlan("set", (OTHER,)),
            True,
            ["of hands 1 (00000000), not of hands 1 (11111111)"],
        ),
        (
            EvaluationPlan("set", (HANDS, OTHER)),
            True,
            ["not of hands 1 (00000000) and hands 1 (11111111)"],
        ),
    ],
)
def test_another_evaluation_is_refused(
    folder: Path, plan: EvaluationPlan, resume: bool, words: list[str]
) -> None:
    before = (folder / FRAMES).read_bytes()
    with pytest.raises(MediaError) as raised:
        ResultStore(folder, plan, resume)
    for word in [str(folder), "choose another folder", *words]:
        assert word in str(raised.value)
    assert (folder / FRAMES).read_bytes() == before


def test_a_model_is_another_one_with_another_description_or_input_size(tmp_path: Path) -> None:
    model = by_colour(tmp_path / "colours.onnx")
    before = ModelIdentity.of(Segmenter.load(model))
    assert ModelIdentity.of(Segmenter.load(model)) == before
    description = model.with_suffix(".yaml")
    assert "argmax" in description.read_text()
    description.write_text(description.read_text() + THRESHOLDS)
    assert ModelIdentity.of(Segmenter.load(model)) != before
    small = Segmenter.load("hands", input_width=320, input_height=256)
    assert ModelIdentity.of(small) != ModelIdentity.of(Segmenter.load("hands"))


def test_what_an_older_version_began_is_gone_on_with(folder: Path) -> None:
    newer = EvaluationPlan("set", (replace(HANDS, settings="2" * 64),))
    with ResultStore(folder, newer, resume=True) as store:
        assert store.finished == 3


def test_to_go_on_where_nothing_is_is_to_begin(tmp_path: Path) -> None:
    with ResultStore(tmp_path / "new", PLAN, resume=True) as store:
        assert store.finished == 0


def test_a_damaged_folder_is_explained(folder: Path) -> None:
    lines = (folder / FRAMES).read_bytes().splitlines(keepends=True)
    (folder / FRAMES).write_bytes(lines[0] + b"{}\n" + lines[2])
    with (
        ResultStore(folder, PLAN, resume=True) as store,
        pytest.raises(MediaError, match="damaged in line 2: evaluate again"),
    ):
        list(store.records())
    (folder / RUN).write_text("?")
    with pytest.raises(MediaError, match="does not tell what was evaluated"):
        ResultStore(folder, PLAN, resume=True)


def test_a_line_that_has_no_space_is_an_error(tmp_path: Path) -> None:
    with ResultStore(tmp_path, PLAN, resume=False) as store:
        size = len(to_line(RECORDS[0]))
        with file_limit(size - 1), pytest.raises(MediaError, match="cannot be written, File too"):
            store.append(RECORDS[0], TIMES)
        assert store.finished == 0


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MediaError, match=r"cannot be written, .*: choose a folder with space"):
        ResultStore(tmp_path / "file" / "out", PLAN, resume=False)
