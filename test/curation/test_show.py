"""Guards `handseg data show`: sheet and page hold every picture, and the page needs no network."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.toy_set import SHAPE, ToyArea, ToyPicture, box, difficult_areas, write_toy_set

from handseg_ros.cli.main import main
from handseg_ros.curation.even_sample import EvenSample
from handseg_ros.curation.thumbnail import LABEL_COLOURS

FILES = {"index.html", "page.css", "page.js", "pictures.js", "contact_sheet.png", "thumbnails"}
NAME = "</script><b>ü.'\u2028"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    toy = write_toy_set(
        folder / "toy",
        [
            ToyPicture("a", difficult_areas(), {"source": "x", "tags": {"light": NAME}}),
            ToyPicture("b", [ToyArea("left_hand", box(0, 0, 30, 30))], {"source": "y"}),
            ToyPicture("c", []),
        ],
    )
    assert main(["data", "show", str(toy), "--out", str(folder / "page")]) == 0
    return folder / "page"


def records(folder: Path) -> list[dict[str, object]]:
    text = (folder / "pictures.js").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0] == 'const TITLE = "toy";'
    return [json.loads(line.removesuffix(",")) for line in lines[2:-1]]


def test_the_page_has_what_is_filtered_by(shown: Path) -> None:
    assert {path.name for path in shown.iterdir()} == FILES
    first, second, third = records(shown)
    assert first["source"] == "x"
    assert first["tags"] == {"light": NAME}
    assert [hand[0] for hand in first["hands"]] == ["left", "right", "unknown"]  # type: ignore[attr-defined]
    assert first["objects"] == 2
    assert second["hands"] == [["left", "large", 0.541]]
    assert (third["hands"], third["labelled"], third["source"]) == ([], True, None)
    for record in (first, second, third):
        assert (shown / str(record["thumbnail"])).is_file()


def test_nothing_is_loaded_from_elsewhere(shown: Path) -> None:
    for name in ("index.html", "page.css", "page.js"):
        text = (shown / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|//cdn|@import|url\(", text), name
    page = (shown / "index.html").read_text(encoding="utf-8")
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (shown / name).is_file(), name


def test_the_key_has_the_outlines_colours(shown: Path) -> None:
    style = (shown / "page.css").read_text(encoding="utf-8")
    names = {"left_hand": "left", "right_hand": "right", "hand": "unknown", "object": "object"}
    for label, (blue, green, red) in LABEL_COLOURS.items():
        colour = f".{names[label]} {{ background: #{red:02x}{green:02x}{blue:02x}; }}"
        assert colour in style


def test_thumbnails_and_sheet_show_the_outlines(shown: Path) -> None:
    thumbnail = cv2.imread(str(shown / "thumbnails" / "000002.jpg"))
    assert thumbnail is not None
    assert thumbnail.shape[:2] == SHAPE
    near = np.abs(thumbnail[10:25, 27:32].astype(int) - LABEL_COLOURS["left_hand"]).max(axis=2)
    assert near.min() < 60
    sheet = cv2.imread(str(shown / "contact_sheet.png"))
    assert sheet is not None
    assert sheet.shape == (262, 3 * 320, 3)


def test_every_second_picture(shown: Path, tmp_path: Path) -> None:
    toy = shown.parent / "toy"
    out = tmp_path / "page"
    assert main(["data", "show", str(toy), "--out", str(out), "--every", "2"]) == 0
    assert [record["name"] for record in records(out)] == ["images/a", "images/c"]


def test_a_folder_that_holds_something_is_left_alone(
    shown: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "show", str(shown.parent / "toy"), "--out", str(shown)]) == 1
    assert "holds something already: choose a new folder" in capsys.readouterr().err


def test_nothing_that_looks_whole_without_a_picture(tmp_path: Path) -> None:
    toy = write_toy_set(tmp_path / "toy", [ToyPicture("a")])
    (toy / "images" / "a.jpg").unlink()
    assert main(["data", "show", str(toy), "--out", str(tmp_path / "page")]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


@pytest.mark.parametrize(("count", "kept"), [(3, [0, 1, 2]), (6, [0, 1, 3, 4]), (9, [0, 2, 4, 6])])
def test_a_sample_is_even(count: int, kept: list[int]) -> None:
    sample: EvenSample[int] = EvenSample(4)
    for number in range(count):
        sample.add(number)
    assert sample.items == kept
