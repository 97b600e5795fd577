"""Guards where a node's background lies, and that the file holds every pixel or is not there."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handseg_ros.nodes.background.file import background_file, read_background, write_background
from handseg_ros.segmentation.errors import HandsegError, MediaError


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)


def test_nodes_of_different_namespaces_have_files_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    names = "/hand_segmentation", "/left/hand_segmentation"
    assert [background_file("", name) for name in names] == [
        tmp_path / "handseg_ros" / "hand_segmentation.png",
        tmp_path / "handseg_ros" / "left" / "hand_segmentation.png",
    ]


def test_without_ros_home_it_is_the_user_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ROS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert background_file("", "/a") == tmp_path / ".ros" / "handseg_ros" / "a.png"


def test_a_chosen_file_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert background_file("~/empty.png", "/a") == tmp_path / "empty.png"
    assert background_file("empty.png", "/a") == Path("empty.png")


@pytest.mark.parametrize("name", ["empty.png", "empty.jpg", "new/folder/empty"])
def test_every_pixel_comes_back(tmp_path: Path, picture: np.ndarray, name: str) -> None:
    file = tmp_path / name
    write_background(file, 255 - picture)
    write_background(file, picture)
    np.testing.assert_array_equal(read_background(file), picture)
    assert list(file.parent.iterdir()) == [file]


def test_where_there_is_no_file_there_is_no_picture(tmp_path: Path) -> None:
    assert read_background(tmp_path / "nothing.png") is None


@pytest.mark.parametrize("kept_bytes", [0, 50, 500])
def test_a_damaged_file_is_an_error(tmp_path: Path, picture: np.ndarray, kept_bytes: int) -> None:
    file = tmp_path / "empty.png"
    write_background(file, picture)
    file.write_bytes(file.read_bytes()[:kept_bytes])
    with pytest.raises(HandsegError, match=r"empty\.png"):
        read_background(file)


def test_a_folder_in_its_place_is_named(tmp_path: Path, picture: np.ndarray) -> None:
    (tmp_path / "empty.png").mkdir()
    with pytest.raises(MediaError, match=r"empty\.png' cannot be written, .*choose a folder"):
        write_background(tmp_path / "empty.png", picture)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.png"]
