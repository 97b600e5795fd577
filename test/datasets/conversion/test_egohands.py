"""Guards the conversion of EgoHands: owners, sides and places of polygons, and damaged members."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.converting import convert
from support.published_sets import EGOHANDS, write_egohands

from handseg_ros.cli.main import main

WIDTH, HEIGHT = 64, 36
# As Matlab counts: the corner (1, 1) is the middle of the first pixel.
SQUARE = np.array([[11.0, 5.0], [20.0, 5.0], [20.0, 14.0], [11.0, 14.0]])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two videos: one frame with four hands, one with one, one without, one of another video."""
    four = {name: np.add(SQUARE, (8 * number, number)) for number, name in enumerate(EGOHANDS)}
    folder = tmp_path / "egohands_data"
    folder.mkdir()
    return write_egohands(
        folder, {"CARDS_COURTYARD_B_T": [four, {"yourleft": SQUARE}, {}], "JENGA_OFFICE_H_T": [{}]}
    )


def test_four_hands_are_named_by_owner_and_side(source: Path, tmp_path: Path) -> None:
    found = convert(source, "egohands", tmp_path / "out")
    assert list(found.images) == [
        "CARDS_COURTYARD_B_T/frame_0001", "CARDS_COURTYARD_B_T/frame_0011",
        "CARDS_COURTYARD_B_T/frame_0021", "JENGA_OFFICE_H_T/frame_0001",
    ]  # fmt: skip
    four = found.areas["CARDS_COURTYARD_B_T/frame_0001"]
    assert [(area.label, area.attributes) for area in four] == [
        ("left_hand", {"side": "left", "owner": "self"}),
        ("right_hand", {"side": "right", "owner": "self"}),
        ("left_hand", {"side": "left", "owner": "other"}),
        ("right_hand", {"side": "right", "owner": "other"}),
    ]
    one = found.only_area("CARDS_COURTYARD_B_T/frame_0011")
    assert (one.label, one.attributes["owner"]) == ("left_hand", "other")
    assert found.areas["JENGA_OFFICE_H_T/frame_0001"] == []
    image = found.images["CARDS_COURTYARD_B_T/frame_0011"]
    assert image["sequence"] == "CARDS_COURTYARD_B_T"
    assert (image["source"], image["person"]) == ("egohands", "B")
    assert image["tags"] == {"location": "COURTYARD", "activity": "CARDS"}
    assert (image["width"], image["height"]) == (WIDTH, HEIGHT)


def test_a_polygon_lies_where_matlab_has_it(source: Path, tmp_path: Path) -> None:
    found = convert(source, "egohands", tmp_path / "out")
    mask = found.only_area("CARDS_COURTYARD_B_T/frame_0011").mask
    assert mask is not None
    # pixels 11 to 20 of Matlab are 10 to 19 here; half a pixel at the edge is the polygon's own
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[5:13, 11:19] = True
    assert not (expected & ~mask).any()
    expected[4:14, 10:20] = True
    assert not (mask & ~expected).any()


def test_pictures_are_the_same_bytes(source: Path, tmp_path: Path) -> None:
    found = convert(source, "egohands", tmp_path / "out")
    for name in found.images:
        assert found.picture(name) == (source / "_LABELLED_SAMPLES" / f"{name}.jpg").read_bytes()


def test_broken_members_are_skipped_and_told(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = source / "_LABELLED_SAMPLES" / "CARDS_COURTYARD_B_T"
    data = (frames / "frame_0001.jpg").read_bytes()
    (frames / "frame_0001.jpg").write_bytes(data[: len(data) // 2])
    (frames / "frame_0011.jpg").unlink()
    found = convert(source, "egohands", tmp_path / "out")
    assert found.skipped == {
        "CARDS_COURTYARD_B_T/frame_0001": "its picture is truncated or no picture",
        "CARDS_COURTYARD_B_T/frame_0011": "its picture is missing",
    }
    printed = capsys.readouterr()
    assert "2 skipped, the first is CARDS_COURTYARD_B_T/frame_0001" in printed.err
    assert "2 pictures with 0 hands and objects, 2 skipped" in printed.out


def test_a_half_downloaded_table_is_told(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = source / "metadata.mat"
    file.write_bytes(file.read_bytes()[:300])
    arguments = ["data", "convert", str(source), "--format", "egohands", "--out"]
    assert main([*arguments, str(tmp_path / "out")]) == 1
    assert "cannot be read as a file of Matlab's" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
