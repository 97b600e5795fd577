"""Guards several labelled sets as one: names apart, one order, and parts that add up to it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.frames import Dataset, Skipped
from handseg_ros.datasets.joined import JoinedSets, WithinSet, parts_of
from handseg_ros.datasets.mask_folder.reading import open_folder
from handseg_ros.segmentation.errors import MediaError

LENGTHS = {"kitchen": 3, "cellar": 70}
BROKEN = 40


@pytest.fixture
def sets(tmp_path: Path) -> list[Dataset]:
    """Folders of small pictures, with a broken one and a mask that belongs to none."""
    for name, length in LENGTHS.items():
        for part in ("images", "masks"):
            (tmp_path / name / part).mkdir(parents=True)
            for number in range(length):
                file = tmp_path / name / part / f"{number:03d}.png"
                cv2.imwrite(str(file), np.full((8, 8), 255 * (part == "masks"), np.uint8))
    (tmp_path / "cellar" / "images" / f"{BROKEN:03d}.png").write_bytes(b"no picture")
    (tmp_path / "cellar" / "masks" / "alone.png").write_bytes(
        (tmp_path / "cellar" / "masks" / "000.png").read_bytes()
    )
    return [open_folder(tmp_path / name) for name in LENGTHS]


def test_frames_have_the_names_of_their_sets(sets: list[Dataset]) -> None:
    joined = JoinedSets(sets)
    expected = [
        f"{name}/{number:03d}"
        for name, length in LENGTHS.items()
        for number in range(length)
        if (name, number) != ("cellar", BROKEN)
    ]
    frames = list(joined)
    assert [frame.name for frame in frames] == expected
    assert {frame.sequence.partition("/")[0] for frame in frames} == set(LENGTHS)
    assert [item.name for item in joined.skipped] == ["cellar/alone", f"cellar/{BROKEN:03d}"]
    assert joined.length == sum(LENGTHS.values())
    assert joined.title == "kitchen and 1 more"
    chosen = {expected[1], expected[-1]}
    assert {frame.name for frame in joined.only(chosen)} == chosen


def test_parts_add_up_to_the_whole(sets: list[Dataset]) -> None:
    joined = JoinedSets(sets)
    names = [frame.name for frame in joined]
    parts = list(parts_of(joined))
    assert len(parts) == 1 + 3
    found, skipped = list[str](), list[Skipped]()
    for part in parts:
        dataset = part.of(WithinSet(sets[part.set]))
        found += [frame.name for frame in dataset]
        skipped += dataset.skipped
    assert found == names
    assert skipped == joined.skipped


def test_sets_of_one_name_are_refused(sets: list[Dataset]) -> None:
    with pytest.raises(MediaError, match="two of the sets are named 'kitchen'"):
        JoinedSets([sets[0], sets[0]])
