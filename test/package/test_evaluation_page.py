"""Guards the page on evaluation: its commands run, and its figures, labels and columns are true."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.cli.main import make_parser
from handseg_ros.datasets.annotations import LABELS
from handseg_ros.datasets.first_labels import FIRST_LABELS
from handseg_ros.datasets.label_options import LabelOrientation, MaskValues
from handseg_ros.datasets.mask_folder.reading import open_folder
from handseg_ros.evaluation.instance_matching import MATCH_IOU, SIZES, SMALLEST_HAND
from handseg_ros.evaluation.metrics import bootstrap, precision_accumulator
from handseg_ros.evaluation.metrics.metric import Metric
from handseg_ros.evaluation.metrics.registry import METRICS
from handseg_ros.evaluation.report import writing
from handseg_ros.evaluation.report.view import FEW_SEQUENCES
from handseg_ros.evaluation.runner.store import FRAMES, RUN, TIMINGS
from handseg_ros.latency import report, table

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")


def _row(figure: Metric) -> str:
    return f"| `{figure.name}` | {figure.title} | {figure.meaning} |"


def test_every_figure_stands_there_with_a_source_that_is_named() -> None:
    for figure in METRICS:
        (line,) = [line for line in PAGE.splitlines() if line.startswith(_row(figure))]
        source = line.removeprefix(_row(figure)).strip(" |")
        assert "own" in source or re.search(r"\[\d\]", source)
        for number in re.findall(r"\[(\d)\]", source):
            assert re.search(rf"^{number}\. ", PAGE, re.M)


def test_no_figure_stands_there_that_does_not_exist() -> None:
    section = PAGE.split("## Figures\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == [figure.name for figure in METRICS]


def test_every_live_figure_stands_there() -> None:
    section = PAGE.split("## Latency\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", section, re.M)
    assert rows[1:] == [(figure.title, figure.meaning) for figure in table.METRICS]
    for name in (report.HTML, report.MARKDOWN, report.JSON):
        assert f"`{name}`" in section


def test_the_commands_are_understood() -> None:
    parser = make_parser()
    commands = re.findall(r"^handseg (.*?)(?:\s+#.*)?$", PAGE, re.M)
    assert len(commands) == 8
    for command in commands:
        assert parser.parse_args(command.split()).out


def test_the_ways_to_say_how_labels_are_read_are_those_of_the_parser() -> None:
    text = " ".join(PAGE.split())
    for words in ("--mask-values ids", "--label-orientation upright"):
        assert f"`{words}`" in text
    for option, kind in (("--mask-values", MaskValues), ("--label-orientation", LabelOrientation)):
        for item in kind:
            parsed = make_parser().parse_args(["evaluate", "s", "--out", "o", option, item.value])
            assert item.value in vars(parsed).values()


def test_files_labels_and_numbers_are_those_of_the_code() -> None:
    own = (writing.HTML, writing.MARKDOWN, writing.SCORES, writing.TIMINGS, FRAMES, TIMINGS, RUN)
    for name in (*own, *LABELS, FIRST_LABELS):
        assert f"`{name}`" in PAGE
    text = " ".join(PAGE.split())
    for words in (
        f"fewer than {SMALLEST_HAND} pixels",
        f"from an IoU of {MATCH_IOU} on",
        f"{bootstrap.RESAMPLES:,} resamples ({precision_accumulator.RESAMPLES} for AP)",
        f"holds {bootstrap.LEVEL:.0%}".replace("%", " %").replace("holds", "interval holds"),
        f"below {SIZES['medium']} for a small hand and {SIZES['large']} or more for a large one",
    ):
        assert words in text
    assert FEW_SEQUENCES == 10
    assert "fewer than ten" in text


def test_the_example_of_frames_csv_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", PAGE, re.S)
    (tmp_path / "frames.csv").write_text(example)
    for number in (1, 2):
        for part, pixels in (("images", np.zeros((9, 9, 3))), ("masks", np.eye(9) * number)):
            file = tmp_path / part / "hall" / f"{number:04d}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(file), pixels.astype(np.uint8))
    first, second = open_folder(tmp_path)
    assert (first.sequence, first.tags) == ("hall", {"light": "dim"})
    assert first.ground_truth is not None
    assert first.ground_truth.tracks == {1: 7}
    assert second.tags == {"light": "bright"}


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert target.startswith("https://") or (ROOT / "docs" / target).exists(), target
