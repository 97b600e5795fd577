"""Guards the report: the same bytes every time, one file without a network, nothing unescaped."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.labelled import write_clip_folder

from handseg_ros.datasets.frames import Dataset, LabelledFrame, RandomAccessDataset, Skipped
from handseg_ros.datasets.mask_folder.reading import open_folder, read_mask_file
from handseg_ros.datasets.mask_values import SOFT_NOTE
from handseg_ros.evaluation.evaluate import Evaluated, evaluate
from handseg_ros.evaluation.metrics.registry import meanings, titles
from handseg_ros.evaluation.report.charts import make_charts
from handseg_ros.evaluation.report.timings import Times
from handseg_ros.media.sources import open_source
from handseg_ros.segmentation.errors import HandsegError, MediaError
from handseg_ros.segmentation.segmenter import Segmenter

FILES = ("scores.json", "report.md", "report.html", "timings.json")
NASTY = "a<b>&|_*"


@pytest.fixture(scope="module")
def segmenters() -> list[Segmenter]:
    return [Segmenter.load("hands_fast"), Segmenter.load("hands_clean")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set of two sequences with a tag, a hand-free frame and a broken one."""
    root = write_clip_folder(tmp_path_factory.mktemp("data") / "clips", frames=8)
    cv2.imwrite(str(root / "images" / "0" / f"{NASTY}.png"), np.full((240, 320, 3), 90, np.uint8))
    cv2.imwrite(str(root / "masks" / "0" / f"{NASTY}.png"), np.zeros((240, 320), np.uint8))
    (root / "images" / "1" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (root / "frames.csv").write_text(f"name,light\n0/000,<dim>\n0/{NASTY},bright\n")
    return root


@pytest.fixture(scope="module")
def out(
    folder: Path, segmenters: list[Segmenter], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the folder of a report on both models."""
    target = tmp_path_factory.mktemp("report") / "out"
    evaluate(open_folder(folder), segmenters, target)
    return target


class Tags(HTMLParser):
    """Collects what a page refers to, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.references += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read_page(out: Path) -> Tags:
    page = Tags()
    page.feed((out / "report.html").read_text(encoding="utf-8"))
    return page


def test_two_runs_give_the_same_bytes(
    folder: Path, segmenters: list[Segmenter], out: Path, tmp_path: Path
) -> None:
    evaluate(open_folder(folder), segmenters, tmp_path / "again")
    for name in ("scores.json", "report.md"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


def test_scores_tell_no_time_and_no_path(folder: Path, out: Path) -> None:
    for name in ("scores.json", "report.md"):
        text = (out / name).read_text(encoding="utf-8")
        assert str(folder.parent) not in text
        assert not re.search(r"\d{4}-\d\d-\d\d|seconds|\bms\b", text)


def test_scores_hold_figures_groups_and_differences(out: Path) -> None:
    scores = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    assert scores["set"] == {
        "title": "clips",
        "answered": 9,
        "labelled": 7,
        "with_hands": 6,
        "hand_free": 1,
        "sequences": 2,
        "skipped": [
            {
                "name": "1/broken",
                "reason": "its picture is missing, truncated, too large or no picture",
            }
        ],
    }
    first, second = (model["label"] for model in scores["models"])
    everything = scores["groups"]["all"]
    assert next(iter(scores["groups"])) == "all"
    assert {"light: <dim>", "light: bright"} < set(scores["groups"])
    for name, estimate in everything["figures"][first].items():
        assert name in titles()
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    (difference,) = everything["differences"]
    assert (difference["model"], difference["minus"]) == (second, first)
    iou = difference["figures"]["iou"]["value"]
    values = [everything["figures"][label]["iou"]["value"] for label in (first, second)]
    assert iou == pytest.approx(values[1] - values[0], abs=2e-6)
    assert len(scores["frames"]) == 6
    assert [len(frame["iou"]) for frame in scores["frames"]] == [2] * 6


def test_the_page_needs_nothing_from_elsewhere(out: Path) -> None:
    page = read_page(out)
    assert page.open == []
    pictures = [reference for reference in page.references if reference.startswith("data:image/")]
    assert pictures == page.references
    # All six frames with hands and the hand-free one may be shown for each model.
    assert 12 <= len(pictures) <= 14
    assert not re.search(r"@import|url\(|<script|https?:", (out / "report.html").read_text("utf-8"))


def test_names_from_files_cannot_break_the_page(out: Path) -> None:
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "<dim>" not in html
    assert "light: &lt;dim&gt;" in html
    markdown = (out / "report.md").read_text(encoding="utf-8")
    assert "light: \\<dim\\>" in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    for block in re.findall(r"(?:^\|.*\n)+", markdown, re.M):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(cells) == 1
    assert len(rows) > 20


def test_a_model_s_name_cannot_run_anything(
    folder: Path, segmenters: list[Segmenter], tmp_path: Path
) -> None:
    session = segmenters[0].session
    description = replace(session.description, name="<script>alert(1)</script>")
    named = replace(segmenters[0], session=replace(session, description=description))
    evaluate(open_folder(folder), [named], tmp_path / "out")
    assert read_page(tmp_path / "out").open == []
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_every_figure_is_shown_with_what_it_means(out: Path) -> None:
    scores = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    page, markdown = read_page(out).text, (out / "report.md").read_text(encoding="utf-8")
    for name in next(iter(scores["groups"]["all"]["figures"].values())):
        for text in (page, markdown):
            assert titles()[name] in text
            assert meanings()[name] in text


def test_times_are_told_apart_from_scores(out: Path) -> None:
    times = json.loads((out / "timings.json").read_text(encoding="utf-8"))
    assert times["frames"] == 9
    assert len(times["models"]) == 2
    for label, model in times["models"].items():
        assert 0 < model["inference"]["median"] <= model["total"]["p95"] <= model["total"]["most"]
        assert len(times["series"][label]) == 9
    assert times["added_to_models_time"] > 0


def test_curves_stay_inside_their_axes(
    folder: Path, segmenters: list[Segmenter], tmp_path: Path
) -> None:
    done = evaluate(open_folder(folder), segmenters, tmp_path / "out")
    seconds = np.full((2, 3, 9), 0.01)
    times = Times(seconds, np.full(9, 0.001), np.full(9, 0.001), 0.1)
    charts = make_charts(done.subject.labels, done.results, times)
    assert len(charts) == 5
    for chart in charts:
        left, top, right, bottom = chart.frame
        assert len(chart.x_ticks) >= 4
        for line in chart.lines:
            for point in line.points.split():
                x, y = map(float, point.split(","))
                assert left <= x <= right
                assert top <= y <= bottom


class Stream:
    """A set that can be read from its start only, as a recording."""

    def __init__(self, labelled: Dataset) -> None:
        self._labelled = labelled
        self.title, self.length = labelled.title, None

    @property
    def skipped(self) -> list[Skipped]:
        return self._labelled.skipped

    def __iter__(self) -> Iterator[LabelledFrame]:
        yield from self._labelled


def test_a_set_that_cannot_be_picked_from_gives_the_same_report(
    folder: Path, segmenters: list[Segmenter], out: Path, tmp_path: Path
) -> None:
    stream = Stream(open_folder(folder))
    assert not isinstance(stream, RandomAccessDataset)
    evaluate(stream, segmenters, tmp_path / "out")  # type: ignore[arg-type]
    assert (tmp_path / "out" / "scores.json").read_bytes() == (out / "scores.json").read_bytes()
    pages = [read_page(target).references for target in (out, tmp_path / "out")]
    assert pages[0] == pages[1]


def test_one_sequence_gets_no_interval_and_is_told_why(
    segmenters: list[Segmenter], tmp_path: Path
) -> None:
    root = write_clip_folder(tmp_path / "one", frames=3, sequences=1)
    done = evaluate(open_folder(root), segmenters[:1] * 2, tmp_path / "out")
    assert isinstance(done, Evaluated)
    first, second = done.subject.labels
    assert second == first.replace("(1)", "(2)") != first
    reason = done.results.why_no_interval
    assert "name more sequences" in reason
    assert reason in read_page(tmp_path / "out").text
    assert not re.search(r"\(0\.\d+ to|p = ", (tmp_path / "out" / "report.md").read_text())


def test_a_set_of_one_frame_without_hands_has_a_report(
    segmenters: list[Segmenter], tmp_path: Path
) -> None:
    for part, pixels in (("images", np.full((90, 120, 3), 128)), ("masks", np.zeros((90, 120)))):
        (tmp_path / "set" / part).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "set" / part / "a.png"), pixels.astype(np.uint8))
    done = evaluate(open_folder(tmp_path / "set"), segmenters, tmp_path / "out")
    hand_free = ["false_area", "false_rate", "left_alone"]
    assert list(done.results.groups["all"].figures) == hand_free
    assert read_page(tmp_path / "out").open == []


def test_few_sequences_have_no_p_value_and_the_reason_is_told(out: Path) -> None:
    scores = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    reason = scores["intervals"]["why_no_p"]
    assert "there are 2 sequences" in reason
    (difference,) = scores["groups"]["all"]["differences"]
    assert {figure["p"] for figure in difference["figures"].values()} == {None}
    for text in (read_page(out).text, (out / "report.md").read_text(encoding="utf-8")):
        assert reason in text
        assert "p = " not in text


def test_labels_that_a_model_found_to_the_pixel_are_warned_of_in_every_form(
    segmenters: list[Segmenter], tmp_path: Path
) -> None:
    root = write_clip_folder(tmp_path / "set", frames=2, sequences=1)
    picture = open_source(str(root / "images" / "0"))
    ids = segmenters[0].segment(next(iter(picture)).image).instances()
    cv2.imwrite(str(root / "masks" / "0" / "000.png"), ids)
    done = evaluate(open_folder(root), segmenters, tmp_path / "out")
    (warning,) = done.subject.warnings
    assert done.subject.labels[0] in warning
    assert "to the pixel in all 1 frames with hands" in warning
    assert warning in read_page(tmp_path / "out").text
    assert f"**Warning: {warning.replace('_', chr(92) + '_')}.**" in (
        tmp_path / "out" / "report.md"
    ).read_text(encoding="utf-8")
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["warnings"] == [warning]


def test_how_labels_were_read_is_told_in_every_form(
    segmenters: list[Segmenter], tmp_path: Path
) -> None:
    root = write_clip_folder(tmp_path / "set", frames=2, sequences=1)
    for file in (root / "masks").rglob("*.png"):
        mask = (read_mask_file(file, "mask") > 0).astype(np.uint8) * 255
        cv2.imwrite(str(file), cv2.GaussianBlur(mask, (5, 5), 0))
    done = evaluate(open_folder(root), segmenters[:1], tmp_path / "out")
    (note,) = done.subject.notes
    assert note == f"1 frame(s), the first is 0/000: {SOFT_NOTE}"
    assert note in read_page(tmp_path / "out").text
    assert note in (tmp_path / "out" / "report.md").read_text()
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["notes"] == [note]


def test_where_nothing_could_be_scored_the_reasons_are_told(
    segmenters: list[Segmenter], tmp_path: Path
) -> None:
    root = tmp_path / "bad"
    for part in ("images", "masks"):
        (root / part).mkdir(parents=True)
        (root / part / "a.png").write_bytes(b"nothing")
    with pytest.raises(MediaError) as raised:
        evaluate(open_folder(root), segmenters[:1], tmp_path / "out")
    for word in ("no frame of 'bad' could be scored", "1 were skipped", "a: its picture", "repair"):
        assert word in str(raised.value)
    assert not (tmp_path / "out" / "scores.json").exists()


def test_without_jinja2_the_way_out_is_told_before_any_work(
    folder: Path, segmenters: list[Segmenter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What Python itself takes for "not to be had".
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(HandsegError, match=r"without jinja2 .*: install it with pip install"):
        evaluate(open_folder(folder), segmenters, tmp_path / "out")
    assert not (tmp_path / "out").exists()
