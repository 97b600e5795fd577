"""Guards `handseg data stats`: every number is one that can be counted by hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.toy_set import ToyArea, ToyPicture, box, difficult_areas, write_toy_set

from handseg_ros.cli.main import main


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    together = {"attributes": {"all_hands_together": True}}
    return write_toy_set(
        tmp_path_factory.mktemp("toy"),
        [
            ToyPicture("s/a", difficult_areas(), {"source": "x", "person": "1"}),
            ToyPicture("s/b", [ToyArea("left_hand", box(0, 0, 2, 2))], {"source": "x"}),
            ToyPicture("t/a", [], {"source": "y", "person": "1"}),
            ToyPicture("both", [ToyArea("hand", box(5, 5, 9, 9), together)]),
        ],
    )


def test_numbers_are_those_of_the_set(toy: Path, tmp_path: Path) -> None:
    file = tmp_path / "stats.json"
    assert main(["data", "stats", str(toy), "--json", str(file)]) == 0
    told = json.loads(file.read_text())
    assert told.pop("schema") == "handseg_ros/data_stats"
    assert told.pop("version") == 1
    quantiles = told.pop("size_quantiles")
    assert told == {
        "pictures": 4,
        "labelled": 4,
        "hand_free": 1,
        "together": 1,
        "hands": 4,
        "objects": 2,
        "hands_per_picture": {"0": 1, "1": 1, "3": 1},
        "sides": {"unknown": 1, "left": 2, "right": 1},
        "sizes": {"small": 1, "medium": 1, "large": 2},
        "sources": [
            {"source": "", "pictures": 1, "hands": 0},
            {"source": "x", "pictures": 2, "hands": 4},
            {"source": "y", "pictures": 1, "hands": 0},
        ],
        "persons": 2,
        "sequences": 2,
        "picture_sizes": {"64x48": 4},
    }
    # roots of 4, 64, 178 and 330 pixels, of 48 x 64: the middle of the second and the third
    assert quantiles["median"] == pytest.approx((0.1443 + 0.2407) / 2, abs=2e-3)


def test_the_table_has_shares(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "stats", str(toy)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["pictures", "4"] in lines
    assert ["left", "2", "50.0%"] in lines
    assert ["x", "2", "50.0%"] in lines
    assert ["(not", "known)", "1", "25.0%"] in lines
    assert ["64x48", "4", "100.0%"] in lines


def test_a_set_without_a_usable_picture_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write_toy_set(tmp_path / "toy", [ToyPicture("a")])
    (broken / "images" / "a.jpg").unlink()
    assert main(["data", "stats", str(broken)]) == 1
    assert "no picture of 'annotations' can be used: 1 were skipped" in capsys.readouterr().err
