"""Guards SQLite storage files: of any path, and with what a stopped recorder left beside them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest
from support.bags import KINDS, image_entry, noise, stamp_of, storage_file, write_bag

from handseg_ros.bags.bag import Bag

TOPIC = "/camera/image"
FRAMES = 40


def _write(path: Path, frames: int = FRAMES) -> Path:
    entries = [image_entry(TOPIC, stamp_of(number), noise(number)) for number in range(frames)]
    return write_bag(path, entries, KINDS["sqlite"])


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
