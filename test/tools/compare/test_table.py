"""Guards the table of `make compare`: what is scored, what it says, and where it is written."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import PICTURE
from support.checkout import ROOT

from compare.methods import METHODS, Method
from compare.table import BEGIN, END, as_markdown, rows, write_into
from compare.worker import Cost, run


def _half(folder: Path) -> Method:
    """Return a method for which the left half of each picture is a hand."""

    def segment(image: np.ndarray) -> np.ndarray:
        mask = np.zeros(image.shape[:2], bool)
        mask[:, : image.shape[1] // 2] = True
        return mask

    return Method("half", "package", lambda _folder: segment)


def _write(file: Path, image: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), image)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder in which `hands` has answered every picture with its left half."""
    whole, quarter = np.full((40, 60), 255, np.uint8), np.zeros((40, 60), np.uint8)
    quarter[:20, :30] = 255
    for part, mask in (("ralf50", whole), ("irllabs20", quarter)):
        _write(tmp_path / "pictures" / part / "1.png", np.zeros((40, 60, 3), np.uint8))
        _write(tmp_path / "masks" / part / "1.png", mask)
    _write(tmp_path / "pictures" / "hand_free" / "0.png", np.zeros((40, 60, 3), np.uint8))
    cost = run("hands", _half(tmp_path), tmp_path / "pictures", PICTURE, tmp_path, repeats=3)
    (tmp_path / "hands.json").write_text(json.dumps(asdict(cost)))
    random = asdict(Cost(250.4, 240.0, 600.0))
    (tmp_path / "deeplabv3_resnet101.json").write_text(json.dumps(random))
    return tmp_path


def test_masks_are_scored_and_costs_are_measured(out: Path) -> None:
    hands, network = rows(out)
    assert hands.iou == {"ralf50": 0.5, "irllabs20": 0.5}
    assert hands.marked == 1.0
    assert 0 <= hands.cost.fastest_ms <= hands.cost.median_ms
    assert hands.cost.peak_mib > 20
    assert set(network.iou.values()) == {None}
    assert network.marked is None


def test_the_table_has_a_row_for_each_way_that_ran(out: Path) -> None:
    (out / "hands.json").write_text(json.dumps(asdict(Cost(50.0, 45.0, 150.0))))
    head, _, hands, network = as_markdown(list(rows(out))).splitlines()
    assert "ralf50" in head
    assert hands == "| `hands` | 0.500 | 0.500 | 100.0 % | 50 | 1.00 | 150 |"
    assert network.endswith("weights |  |  |  | 250 | 5.01 | 600 |")


def test_it_is_written_between_the_marks_and_again(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for table in ("| first |\n", "| second |\n"):
        write_into(page, table)
    assert page.read_text() == f"before\n{BEGIN}\n\n| second |\n\n{END}\nafter\n"
    page.write_text("a page without marks")
    with pytest.raises(ValueError, match=r"page\.md has no place for the table"):
        write_into(page, "")


def test_the_model_s_page_has_a_row_for_every_way() -> None:
    _, _, rest = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").partition(BEGIN)
    table, _, _ = rest.partition(END)
    for method in METHODS.values():
        assert f"| {method.title} |" in table
