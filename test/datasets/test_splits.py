"""Guards that what judges a model and what trains it never meet."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from handseg_ros.datasets.splits import held_out, kept_for_training, person


def test_every_fifth_file_is_held_out_whatever_the_order() -> None:
    files = [Path(f"{number:02}.jpg") for number in range(12)]
    assert [file.stem for file in held_out(reversed(files))] == ["00", "05", "10"]
    assert sorted(held_out(files) + kept_for_training(files)) == files
    assert not set(held_out(files)) & set(kept_for_training(files))


def test_the_person_is_read_from_the_name() -> None:
    assert person(Path("images/4_P_hgr1_id11_2.jpg")) == "id11"
    assert person(Path("images/kitchen.jpg")) == ""
