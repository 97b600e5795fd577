"""Guards that a file is written whole or not at all, and that what was there before stays."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.file_limit import file_limit

from handseg_ros.media.atomic_files import replacing, write_bytes, write_text
from handseg_ros.segmentation.errors import MediaError


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_folders_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "ü")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "ü".encode()
    assert names_in(tmp_path / "new") == ["a.txt"]


def test_without_space_the_older_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"old")
    with file_limit(1000), pytest.raises(MediaError, match="cannot be written, File too large: "):
        write_bytes(file, bytes(1001))
    assert file.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a.bin"]


def test_after_an_error_of_any_kind_the_older_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(file) as partial:
        _write_half(partial)
    assert file.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a.bin"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to("real/a.txt")
    for text in ("one", "two"):
        write_text(link, text)
        assert link.is_symlink()
        assert (tmp_path / "real" / "a.txt").read_text() == text
    assert names_in(tmp_path / "real") == ["a.txt"]


def test_another_name_of_the_same_file_keeps_its_content(tmp_path: Path) -> None:
    write_text(tmp_path / "photo", "photo")
    os.link(tmp_path / "photo", tmp_path / "other")
    write_text(tmp_path / "other", "mask")
    assert (tmp_path / "photo").read_text() == "photo"


def test_who_may_read_a_file_may_so_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_text(file, "one")
    assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()
    file.chmod(0o640)
    write_text(file, "two")
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_write_protected_file_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_text(file, "one")
    file.chmod(0o440)
    with pytest.raises(MediaError, match="cannot be written, Permission denied: choose"):
        write_text(file, "two")


def test_a_device_is_written_to_and_not_replaced() -> None:
    with pytest.raises(MediaError, match="'/dev/full' cannot be written, No space left on device"):
        write_bytes(Path("/dev/full"), b"all of it")
    assert Path("/dev/full").is_char_device()


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(MediaError, match=r"a\.txt' cannot be written, Is a directory: choose"):
        write_text(tmp_path / "a.txt", "one")


def test_long_names_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / ("ü" * 124 + ".json")  # 253 bytes of the 255 that a name may have
    write_text(file, "one")
    assert file.read_text() == "one"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_half(file: Path) -> None:
    file.write_bytes(b"half")
    raise ZeroDivisionError
