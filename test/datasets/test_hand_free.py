"""Guards that pictures called hand-free are: the crops leave every hand and doubtful skin out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.hand_free import free_window, hand_free_files
from handseg_ros.segmentation.errors import MediaError

SKIN, HAND, GROUND = 150, 250, 20


def test_the_window_is_the_largest_without_a_true_pixel() -> None:
    occupied = np.zeros((400, 300), bool)
    occupied[100:130, 100:120] = True
    assert free_window(occupied) == (slice(130, 400), slice(0, 300))
    occupied[250, 110] = True
    assert free_window(occupied) == (slice(0, 400), slice(120, 300))


def test_small_windows_are_none() -> None:
    occupied = np.zeros((400, 300), bool)
    occupied[::100, ::100] = True
    assert free_window(occupied) is None


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return pictures in which hands have a grey level of their own."""
    picture = np.full((480, 360), GROUND, np.uint8)
    skin = np.zeros_like(picture)
    skin[100:, 150:200] = 255
    hand = skin.copy()
    hand[180:] = 0
    picture[skin > 0], picture[hand > 0] = SKIN, HAND
    for name in ("1_P_hgr1_id10_1", "1_P_hgr1_id01_1"):
        _write(tmp_path / "masked/hgr/images" / f"{name}.jpg", picture)
        _write(tmp_path / "masked/hgr/mask_hand_derived" / f"{name}.png", hand)
        _write(tmp_path / "masked/hgr/mask_skin_human" / f"{name}.png", skin)
    for number in range(3):
        _write(tmp_path / "masked/ccp/images" / f"{number}.jpg", picture)
        _write(tmp_path / "masked/ccp/masks" / f"{number}.png", np.where(hand > 0, 128, 0))
        _write(tmp_path / "backgrounds/rooms" / f"{number}.jpg", picture * 0)
    return tmp_path


def _write(file: Path, image: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), image.astype(np.uint8))


def test_only_held_out_pictures_come_and_no_hand_is_in_them(data: Path) -> None:
    pictures = list(hand_free_files(data))
    assert [picture.kind for picture in pictures] == ["backgrounds", "people", "forearms"]
    assert pictures[2].name == "1_P_hgr1_id10_1.jpg"
    for picture in pictures:
        image = picture.read()
        assert image.max() < (SKIN + HAND) // 2
        assert min(image.shape[:2]) >= 160
    assert (pictures[2].read() > SKIN - 20).mean() > 0.1


def test_a_forearm_picture_without_forearm_is_left_out(data: Path) -> None:
    skin = data / "masked/hgr/mask_skin_human/1_P_hgr1_id10_1.png"
    hand = data / "masked/hgr/mask_hand_derived/1_P_hgr1_id10_1.png"
    skin.write_bytes(hand.read_bytes())
    assert [picture.kind for picture in hand_free_files(data)] == ["backgrounds", "people"]


def test_an_unreadable_picture_is_named(data: Path) -> None:
    (data / "backgrounds/rooms/0.jpg").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"rooms/0\.jpg is no picture"):
        [picture.read() for picture in hand_free_files(data)]
