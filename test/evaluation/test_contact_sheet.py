"""Guards the contact sheet of failures: outlines, order and where it is written."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.evaluation.contact_sheet import (
    PREDICTION_COLOUR,
    TARGET_COLOUR,
    make_tile,
    write_sheet,
)
from handseg_ros.segmentation.errors import MediaError

BLACK = np.zeros((480, 640, 3), np.uint8)


def block(x: int) -> np.ndarray:
    mask = np.zeros((480, 640), bool)
    mask[100:200, x : x + 100] = True
    return mask


def extent(tile: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """First and last row, first and last column in which a colour stands."""
    rows, columns = np.nonzero((tile == colour).all(axis=2))
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def test_known_hands_are_green_and_found_ones_red_at_their_place() -> None:
    tile = make_tile(BLACK, [block(100)], [block(400)], "")
    assert tile.shape == (262, 320, 3)
    assert extent(tile, TARGET_COLOUR) == (50, 99, 50, 99)
    assert extent(tile, PREDICTION_COLOUR) == (50, 99, 200, 249)
    inside = tile[60:90, 60:90]
    assert not inside.any()


def test_tiles_have_one_shape_whatever_the_picture() -> None:
    upright = np.zeros((640, 300, 3), np.uint8)
    assert make_tile(upright, [], [], "x" * 200).shape == (262, 320, 3)
    assert make_tile(upright[:5, :1], [], [], "").shape == (262, 320, 3)


def test_wide_and_upright_pictures_stand_in_the_middle() -> None:
    everything = np.ones((200, 400), bool)
    wide = make_tile(np.zeros((200, 400, 3), np.uint8), [everything], [], "")
    assert extent(wide, TARGET_COLOUR) == (40, 199, 0, 319)
    upright = make_tile(np.zeros((400, 200, 3), np.uint8), [], [everything.T], "")
    assert extent(upright, PREDICTION_COLOUR) == (0, 239, 100, 219)


def test_the_caption_is_written() -> None:
    without, captioned = make_tile(BLACK, [], [], ""), make_tile(BLACK, [], [], "IoU 0.25")
    assert (without[:240] == captioned[:240]).all()
    assert (without[240:] != captioned[240:]).any()


def test_the_sheet_holds_the_tiles_row_by_row(tmp_path: Path) -> None:
    tiles = [np.full((262, 320, 3), value, np.uint8) for value in (10, 20, 30, 40, 50)]
    write_sheet(tiles, tmp_path / "sheet.png", columns=2)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (3 * 262, 2 * 320, 3)
    assert sheet[131::262, 160::320, 0].tolist() == [[10, 20], [30, 40], [50, 32]]


@pytest.mark.parametrize("name", ["nowhere/sheet.png", "sheet.unknown", "sheet"])
def test_a_sheet_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaError, match=rf"{name} cannot be written: give a name that ends"):
        write_sheet([BLACK], tmp_path / name)


def test_a_sheet_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not defined"):
        write_sheet([], tmp_path / "sheet.png")
