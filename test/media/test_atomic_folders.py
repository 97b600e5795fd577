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


@pytest.mark.parametrize("kind", ["link", "working folder", "folder", "link to nothing"])
def test_what_leads_to_an_empty_folder_still_does(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real"
    if kind != "link to nothing":
        real.mkdir(mode=0o2770)
    path = {"working folder": Path(), "folder": real}.get(kind, tmp_path / "link")
    (tmp_path / "link").symlink_to("real")
    if kind == "working folder":
        monkeypatch.chdir(real)
    before = path.stat() if path.exists() else None
    with pytest.raises(ValueError, match="stop"):
        _write_and_raise(path, ValueError("stop"))
    with new_folder(path) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "a.txt").write_text("a")
    assert (path / "deep" / "a.txt").read_text() == "a"
    assert os.listdir(path) == ["deep"]
    assert sorted(os.listdir(tmp_path)) == ["link", "real"]
    assert (tmp_path / "link").is_symlink()
    if before is not None:
        assert os.path.samestat(path.stat(), before)
        assert path.stat().st_mode == before.st_mode


def _write_beside(path: Path, name: str) -> None:
    with new_folder(path) as folder:
        for each in ("a.txt", "b.txt"):
            (folder / each).write_text("new")
        (path / name).write_text("mine")


def test_what_came_into_an_empty_folder_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="File exists"):
        _write_beside(tmp_path, "b.txt")
    assert os.listdir(tmp_path) == ["b.txt"]
    assert (tmp_path / "b.txt").read_text() == "mine"


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
