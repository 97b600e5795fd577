"""Guards `handseg data split`: groups stay whole, pictures keep their bytes, shares are met."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.toy_set import ToyArea, ToyPicture, box, difficult_areas, write_toy_set

from handseg_ros.cli.main import main
from handseg_ros.curation.partition import Part, partition
from handseg_ros.datasets.annotations import areas_of
from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.errors import MediaError

THREE = (Part("train", 0.8), Part("val", 0.1), Part("test", 0.1))


def of_persons(counts: Sequence[int]) -> list[ToyPicture]:
    """Return so many pictures of each person, of one source."""
    hand = [ToyArea("left_hand", box(5, 5, 9, 9))]
    return [
        ToyPicture(f"{person}/{number}", hand, {"source": "lab", "person": f"p{person}"})
        for person, pictures in enumerate(counts)
        for number in range(pictures)
    ]


def read(folder: Path) -> list[LabelledFrame]:
    dataset = open_dataset(folder)
    frames = list(dataset)
    assert dataset.skipped == []
    return frames


def split(toy: Path, out: Path, *options: str) -> int:
    return main(["data", "split", str(toy), "--out", str(out), *options])


def test_no_person_is_in_two_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toy = write_toy_set(tmp_path / "toy", of_persons([4, 3, 1, 2, 1, 1, 3, 2, 1, 2]))
    out = tmp_path / "out"
    assert split(toy, out, "--by", "person", "--parts", "train=0.6,val=0.4") == 0
    parts = {name: read(out / name) for name in sorted(os.listdir(out))}
    assert {name: len(frames) for name, frames in parts.items()} == {"train": 12, "val": 8}
    persons = [{frame.tags["person"] for frame in frames} for frames in parts.values()]
    assert not persons[0] & persons[1]
    assert len(persons[0] | persons[1]) == 10
    printed = capsys.readouterr().out
    assert "train  60.0%   60.0%  12" in printed
    assert main(["data", "check", *map(str, sorted(out.iterdir())), "--apart", "person"]) == 0


def test_a_seed_shares_out_the_same_again_and_another_otherwise(tmp_path: Path) -> None:
    toy = write_toy_set(tmp_path / "toy", of_persons([1] * 10))
    content = []
    for number, seed in enumerate(("1", "1", "2")):
        assert split(toy, tmp_path / str(number), "--by", "person", "--seed", seed) == 0
        files = sorted((tmp_path / str(number)).rglob("*.json"))
        content.append([file.read_bytes() for file in files])
    assert content[0] == content[1] != content[2]


def test_labels_and_pictures_are_those_of_before(tmp_path: Path) -> None:
    words = {"person": "p", "tags": {"light": "dim"}}
    toy = write_toy_set(
        tmp_path / "toy",
        [
            ToyPicture("hall/a", difficult_areas(), {**words, "source": "x"}),
            ToyPicture("yard/a", difficult_areas(), {**words, "source": "y"}),
        ],
    )
    before = {frame.name: frame for frame in read(toy)}
    out = tmp_path / "out"
    assert split(toy, out, "--by", "source", "--parts", "one=0.5,two=0.5") == 0
    after = [frame for part in ("one", "two") for frame in read(out / part)]
    assert {frame.name for frame in after} == set(before)
    for frame in after:
        own = before[frame.name]
        assert (frame.tags, frame.sequence) == (own.tags, own.sequence)
        assert frame.ground_truth is not None
        assert own.ground_truth is not None
        again, areas = areas_of(frame.ground_truth), areas_of(own.ground_truth)
        assert [area.label for area in again] == [area.label for area in areas]
        for one, other in zip(again, areas, strict=True):
            np.testing.assert_array_equal(one.mask, other.mask)
        assert frame.file is not None
        assert own.file is not None
        assert frame.file.samefile(own.file)
    assert sorted(os.listdir(out)) == ["one", "two"]


def test_pictures_of_nobody_known_stay_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = [ToyPicture(f"room{number}") for number in range(3)]
    toy = write_toy_set(tmp_path / "toy", [*of_persons([3, 3]), *unknown])
    out = tmp_path / "out"
    assert split(toy, out, "--by", "person", "--parts", "a=0.67,b=0.33") == 0
    assert "3 picture(s) tell no person, and stay together" in capsys.readouterr().err
    holders = [part for part in ("a", "b") if any("room" in f.name for f in read(out / part))]
    assert len(holders) == 1


@pytest.mark.parametrize(
    ("counts", "by", "words"),
    [
        ([9, 1, 1], "person", "the person 'lab/p0' has 82% of all pictures"),
        ([2, 2], "source", "1 source(s) cannot fill 2 parts"),
        ([], "person", "tells no person of any picture"),
    ],
)
def test_what_cannot_be_split_is_told(
    counts: list[int], by: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy = write_toy_set(tmp_path / "toy", of_persons(counts) or [ToyPicture("a"), ToyPicture("b")])
    out = tmp_path / "out"
    assert split(toy, out, "--by", by, "--parts", "train=0.5,val=0.5") == 1
    printed = capsys.readouterr().err
    assert words in printed
    assert printed.count("handseg:") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]
    assert len(list(toy.rglob("*.jpg"))) == max(2, sum(counts))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ("train", "is not written as train=0.8,val=0.1,test=0.1"),
        ("train=0.5,val=0.6", "must be above 0, and 1 together"),
        ("a=1.5,b=-0.5", "must be above 0, and 1 together"),
        ("a=nan,b=1", "must be above 0, and 1 together"),
        ("a=0.5,a=0.5", "names a part twice"),
        ("../a=0.5,b=0.5", "has a name that no folder can have"),
    ],
)
def test_parts_that_make_no_sense_are_told(
    parts: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        split(Path("toy"), Path("out"), "--by", "person", "--parts", parts)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_shares_are_met_as_well_as_groups_let_them() -> None:
    random = np.random.default_rng(0)
    groups = {f"g{number}": int(size) for number, size in enumerate(random.integers(1, 40, 60))}
    chosen = partition(groups, THREE, 5, "person")
    assert set(chosen) == set(groups)
    total = sum(groups.values())
    for part in THREE:
        got = sum(groups[group] for group, own in chosen.items() if own == part.name)
        assert abs(got / total - part.share) < 0.01


def test_no_part_stays_empty() -> None:
    chosen = partition({"a": 8, "b": 1, "c": 1}, THREE, 0, "person")
    assert sorted(chosen.values()) == ["test", "train", "val"]
    with pytest.raises(MediaError, match=r"2 person\(s\) cannot fill 3 parts"):
        partition({"a": 8, "b": 1}, THREE, 0, "person")
    uneven = (Part("train", 0.98), Part("val", 0.01), Part("test", 0.01))
    with pytest.raises(MediaError, match="the part 'val' would stay empty, as no person is small"):
        partition({"a": 10, "b": 10, "c": 10}, uneven, 0, "person")


def test_json_of_a_part_is_coco_s(tmp_path: Path) -> None:
    toy = write_toy_set(tmp_path / "toy", of_persons([1, 1]))
    assert split(toy, tmp_path / "out", "--by", "person", "--parts", "a=0.5,b=0.5") == 0
    content = json.loads((tmp_path / "out" / "a" / "annotations.json").read_text())
    assert [image["id"] for image in content["images"]] == [1]
    assert content["annotations"][0]["image_id"] == 1
    assert content["images"][0]["person"] in ("p0", "p1")
