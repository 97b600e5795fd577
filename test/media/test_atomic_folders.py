"""Guards folders that are whole or not there: no name before the end, nothing left after errors."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handseg_ros.media.atomic_folders import new_folder
from handseg_ros.segmentation.errors import MediaError


def test_it_gets_its_name_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out"
    with new_folder(path) as folder:
        (folder / "a.txt").write_text("a")
        assert not path.exists()
        assert folder.name.startswith(".")
    assert os.listdir(path.parent) == ["out"]
    assert (path / "a.txt").read_text() == "a"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    with new_folder(tmp_path / "out") as folder:
        (tmp_path / "out").mkdir()
        (folder / "a.txt").write_text("a")
    assert os.listdir(tmp_path / "out") == ["a.txt"]


def _write_and_raise(path: Path, error: BaseException) -> None:
    with new_folder(path) as folder:
        (folder / "a.txt").write_text("a")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_after_an_error(error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error):
        _write_and_raise(tmp_path / "out", error())
    assert os.listdir(tmp_path) == []


def test_what_the_system_refuses_is_one_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(MediaError, match=r"out' cannot be written, .*: choose a folder"),
        new_folder(tmp_path / "out") as folder,
    ):
        (folder / "missing" / "a.txt").write_text("a")
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(MediaError, match="is no folder that can be read"),
        new_folder(tmp_path / "file"),
    ):
        pass
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_with_something_in_it_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(MediaError, match="holds something already"), new_folder(tmp_path):
        pass
    assert os.listdir(tmp_path) == ["mine.txt"]
