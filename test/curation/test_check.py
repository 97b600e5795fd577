"""Guards `handseg data check`: each mistake that it knows is found, and a clean set has none."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.toy_set import SHAPE, ToyArea, ToyPicture, box, pixels, write_toy_set

from handseg_ros.cli.main import main

HAND = ToyArea("left_hand", box(5, 5, 9, 9))


def check(paths: Sequence[Path], out: Path, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code, and the findings by their kinds."""
    file = out / "found.json"
    code = main(["data", "check", *map(str, paths), "--json", str(file), *options])
    content = json.loads(file.read_text())
    assert content["schema"] == "handseg_ros/data_check"
    return code, {item["kind"]: item for item in content["findings"]}


def names(finding: dict[str, Any]) -> list[str]:
    return [item["picture"] for item in finding["pictures"]]


def test_a_clean_set_has_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toy = write_toy_set(tmp_path / "toy", [ToyPicture("a", [HAND]), ToyPicture("b", [HAND])])
    assert check([toy], tmp_path) == (0, {})
    printed = capsys.readouterr()
    assert "nothing to tell of" in printed.out
    assert "handseg:" not in printed.err


def test_each_mistake_of_a_set_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = [-90, 0, 20, 0, 20, 20]
    beyond = [50, 10, 80, 10, 80, 20, 50, 20]
    toy = write_toy_set(
        tmp_path / "toy",
        [
            ToyPicture("fine", [HAND]),
            ToyPicture("without", []),
            ToyPicture("empty", [ToyArea("hand", np.zeros(SHAPE, bool))]),
            ToyPicture("scaled", [HAND], {"height": 480, "width": 640}),
            ToyPicture("truncated", [HAND]),
            ToyPicture("unknown", [ToyArea("hand", HAND.mask, {"category_id": 9})]),
            ToyPicture("far", [ToyArea("hand", HAND.mask, {"segmentation": [far]})]),
            ToyPicture("beyond", [ToyArea("hand", HAND.mask, {"segmentation": [beyond]})]),
            ToyPicture("boxed", [ToyArea("hand", HAND.mask, {"segmentation": []})]),
        ],
    )
    (toy / "images" / "truncated.jpg").write_bytes(b"\xff\xd8\xff")
    code, found = check([toy], tmp_path)
    assert code == 1
    wrong = {kind: names(item) for kind, item in found.items() if item["is_wrong"]}
    assert wrong == {
        "empty mask": ["images/empty"],
        "label of another size than its picture": ["images/scaled"],
        "picture that cannot be read": ["images/truncated"],
        "label with values out of range": ["images/unknown"],
        "label outside of its picture": ["images/far"],
        "area that reaches out of its picture": ["images/beyond"],
    }
    notes = {kind: names(item) for kind, item in found.items() if not item["is_wrong"]}
    assert notes == {
        "picture without a hand": ["images/without"],
        "label with a box alone": ["images/boxed"],
    }
    printed = capsys.readouterr()
    assert printed.err.count("kind(s) of mistakes were found") == 1
    assert "WRONG  empty mask" in printed.out


def test_masks_with_values_of_nothing_are_found(tmp_path: Path) -> None:
    for part in ("images", "masks"):
        (tmp_path / "set" / part).mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 150, SHAPE, dtype=np.uint8)
    for name, mask in {"noise": noise, "one": HAND.mask.astype(np.uint8)}.items():
        cv2.imwrite(str(tmp_path / "set" / "images" / f"{name}.png"), pixels(len(name)))
        cv2.imwrite(str(tmp_path / "set" / "masks" / f"{name}.png"), mask)
    (tmp_path / "set" / "frames.csv").write_text("name,sides\none,1=left;2=right\n")
    code, found = check([tmp_path / "set"], tmp_path)
    assert code == 1
    assert names(found["label with values out of range"]) == ["noise"]
    assert names(found["side or track of an id that its mask lacks"]) == ["one"]


def split(folder: Path, name: str, pictures: Sequence[ToyPicture]) -> Path:
    return write_toy_set(folder / name, pictures)


def test_what_two_splits_share_is_found(tmp_path: Path) -> None:
    train = split(
        tmp_path,
        "train",
        [
            ToyPicture("a", [HAND], {"source": "x", "person": "1", "sequence": "s"}, seed=1),
            ToyPicture("b", [HAND], {"source": "x", "person": "2", "sequence": "t"}, seed=2),
        ],
    )
    val = split(
        tmp_path,
        "val",
        [
            ToyPicture("c", [HAND], {"source": "x", "person": "2", "sequence": "s"}, seed=3),
            # another set's person of the same number is another person
            ToyPicture("d", [HAND], {"source": "y", "person": "1", "sequence": "t"}, seed=4),
        ],
    )
    code, found = check([train, val], tmp_path)
    assert code == 1
    shared = {kind: names(item) for kind, item in found.items()}
    assert shared == {
        "source in two sets": ["x"],
        "person in two sets": ["x/2"],
        "sequence in two sets": ["x/s"],
    }
    code, found = check([train, val], tmp_path, "--apart", "person")
    assert code == 1
    assert [kind for kind, item in found.items() if item["is_wrong"]] == ["person in two sets"]
    assert check([train, val], tmp_path, "--apart")[0] == 0


def test_copies_in_another_split_are_found_though_coded_again(tmp_path: Path) -> None:
    train = split(tmp_path, "train", [ToyPicture("a", [HAND], seed=1), ToyPicture("b", [HAND])])
    val = split(tmp_path, "val", [ToyPicture("c", [HAND], seed=7), ToyPicture("d", [HAND], seed=8)])
    assert check([train, val], tmp_path) == (0, {})
    small = cv2.resize(pixels(1), (32, 24), interpolation=cv2.INTER_AREA)
    again = cv2.resize(small, (SHAPE[1], SHAPE[0]))
    cv2.imwrite(str(val / "images" / "c.jpg"), again, [cv2.IMWRITE_JPEG_QUALITY, 30])
    code, found = check([train, val], tmp_path)
    assert code == 1
    (copy,) = found["near-duplicate in another set"]["pictures"]
    assert copy["picture"] == "images/a"
    assert "images/c" in copy["detail"]


def test_look_alikes_and_names_within_sets_are_no_mistakes(tmp_path: Path) -> None:
    one = split(tmp_path, "one", [ToyPicture("a", [HAND], seed=1), ToyPicture("b", [HAND], seed=1)])
    other = split(tmp_path, "other", [ToyPicture("a", [HAND], seed=5)])
    code, found = check([one, other], tmp_path)
    assert code == 0
    assert names(found["near-duplicate in the same set"]) == ["images/a", "images/b"]
    assert names(found["name in two sets"]) == ["images/a"]


@pytest.mark.parametrize(
    ("paths", "code", "words"),
    [
        (["toy", "toy"], 2, "is given twice: give each split once"),
        (["nothing"], 1, "does not exist: check its path"),
        (["toy", "--topic", "/image"], 2, "is no rosbag"),
    ],
)
def test_what_cannot_be_checked_is_told(
    paths: list[str],
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_toy_set(tmp_path / "toy", [ToyPicture("a", [HAND])])
    monkeypatch.chdir(tmp_path)
    assert main(["data", "check", *paths]) == code
    assert words in capsys.readouterr().err


def test_json_alone_on_the_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy = write_toy_set(tmp_path / "toy", [ToyPicture("a", [HAND])])
    assert main(["data", "check", str(toy), "--json", "-"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["sets"] == [{"title": str(toy), "pictures": 1, "skipped": 0}]
