"""Guards SQLite storage files: of any path, and with what a stopped recorder left beside them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from support.bags import KINDS, Entry, image_entry, noise, stamp_of, storage_file, write_bag
from support.file_limit import file_limit

from handseg_ros.bags.bag import Bag
from handseg_ros.segmentation.errors import MediaError

TOPIC = "/camera/image"
FRAMES = 40


def _entries(numbers: Iterable[int]) -> list[Entry]:
    return [image_entry(TOPIC, stamp_of(number), noise(number)) for number in numbers]


def _write(path: Path, frames: int = FRAMES) -> Path:
    return write_bag(path, _entries(range(frames)), KINDS["sqlite"])


def _times(bag: Bag) -> list[int]:
    return [item.log_time for item in bag.messages()]


@pytest.mark.parametrize("name", ["run#3", "what?", "a%20b", "100%", "x y", "Küche"])
def test_a_folder_may_have_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name / "bag"
    path.parent.mkdir()
    file = storage_file(_write(tmp_path / "bag").rename(path))
    for place in (path, file):
        with Bag(place) as bag:
            assert _times(bag) == [stamp_of(number) for number in range(FRAMES)]
            assert bag.damage == []
    # What is put together again lies in the temporary folder.
    monkeypatch.setattr("tempfile.tempdir", str(path.parent))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 3 // 4])
    with Bag(path) as bag:
        assert len(_times(bag)) > FRAMES // 2
        assert "truncated" in bag.damage[0]
    file.rename(path / "bag#0.db3")
    with Bag(path / "bag#0.db3") as bag:
        assert len(_times(bag)) > FRAMES // 2


def _killed(folder: Path, has_metadata: bool, frames: int = FRAMES) -> Path:
    """Return a bag as a killed recorder leaves it: its later half of the frames is in the log."""
    running, left = _write(folder / "running" / "bag", frames // 2), folder / "bag"
    with closing(sqlite3.connect(storage_file(running))) as recorder:
        recorder.execute("PRAGMA journal_mode=WAL")
        with recorder:
            recorder.executemany(
                "INSERT INTO messages(topic_id, timestamp, data) VALUES (1, ?, ?)",
                [(item.log_time, item.data) for item in _entries(range(frames // 2, frames))],
            )
        shutil.copytree(running, left)
    (left / "bag.db3-shm").unlink()
    if not has_metadata:
        (left / "metadata.yaml").unlink()
    return left


def _content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("has_metadata", [False, True])
def test_what_a_killed_recorder_left_in_its_log_is_read(has_metadata: bool, tmp_path: Path) -> None:
    path = _killed(tmp_path, has_metadata)
    before = _content(path)
    assert before["bag.db3-wal"]
    for place in (path, path / "bag.db3"):
        with Bag(place) as bag:
            assert bag.topics[TOPIC].count == FRAMES
            assert [item.data for item in bag.messages()] == [
                entry.data for entry in _entries(range(FRAMES))
            ]
            assert bag.damage == []
    assert _content(path) == before


def test_a_log_that_ends_in_the_middle_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """SQLite takes the transactions that are whole: here none."""
    path = _killed(tmp_path, has_metadata=False)
    log = path / "bag.db3-wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    with Bag(path) as bag:
        assert _times(bag) == [stamp_of(number) for number in range(FRAMES // 2)]
    log.write_bytes(b"")
    with Bag(path) as bag:
        assert len(_times(bag)) == FRAMES // 2


def test_a_log_without_space_to_be_read_is_no_damaged_one(tmp_path: Path) -> None:
    path = _killed(tmp_path, has_metadata=False)
    size = max((path / name).stat().st_size for name in ("bag.db3", "bag.db3-wal"))
    # For the copy, and for what the log adds to it.
    for limit in (100, size + 4096):
        with file_limit(limit), pytest.raises(MediaError, match=r"be copied, .*: let TMPDIR name"):
            Bag(path)


def test_a_damaged_database_with_a_log_is_told(tmp_path: Path) -> None:
    path = _killed(tmp_path, has_metadata=False)
    (path / "bag.db3").write_bytes(b"no database" * 1000)
    with pytest.raises(MediaError, match=r"'bag\.db3' cannot be read"):
        Bag(path)


def test_a_log_that_does_not_fit_its_truncated_database_is_done_without(tmp_path: Path) -> None:
    path = _killed(tmp_path, has_metadata=False)
    file = path / "bag.db3"
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 3 // 4])
    with Bag(path) as bag:
        read = _times(bag)
        truncated, log = bag.damage
    assert FRAMES // 4 < len(read) < FRAMES // 2
    assert "'bag.db3' is truncated" in truncated
    assert log == "'bag.db3-wal' does not fit 'bag.db3', and what it held is lost"
