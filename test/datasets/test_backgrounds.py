"""Guards backgrounds of frames: kept by what converts, splits and exports, used by evaluation."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
import yaml
from support.converting import convert
from support.guide import example
from support.view_sets import write_view_sets
from support.zero_network import write_zero_network

from handseg_ros.cli.main import main
from handseg_ros.datasets.frames import SkipCause
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.evaluation.runner.comparison import digest
from handseg_ros.segmentation.description import parse_description


def test_backgrounds_stay_beside_their_frames_in_what_is_made_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_view_sets(tmp_path / "views", 4, 3)
    convert(tmp_path / "views", "frame-background", tmp_path / "first")
    again = convert(tmp_path / "first", "coco", tmp_path / "again")
    assert again.images["set3/1"]["background"] == "images/set3/bkg.png"
    split = ["data", "split", str(tmp_path / "again"), "--by", "sequence", "--parts", "a=0.5,b=0.5"]
    assert main([*split, "--out", str(tmp_path / "parts")]) == 0
    for part in ("a", "b"):
        frames = list(open_dataset(tmp_path / "parts" / part))
        assert len(frames) == 8
        for frame in frames:
            assert frame.background is not None
            folder = Path(frame.name).parent.name
            assert (
                frame.background.file.read_bytes()
                == (tmp_path / "views" / folder / "bkg.png").read_bytes()
            )
    export = ["data", "export", str(tmp_path / "again"), "--format"]
    for kind in ("masks", "labelme", "yolo-seg"):
        assert main([*export, kind, "--out", str(tmp_path / kind)]) == 0
        assert "which background a picture has was left out" in capsys.readouterr().err
    content = json.loads((tmp_path / "first" / "annotations.json").read_text())
    content["images"][1]["background"] = "nowhere.png"
    (tmp_path / "first" / "annotations.json").write_text(json.dumps(content))
    dataset = open_dataset(tmp_path / "first")
    assert len(list(dataset)) == 15
    assert "its background 'nowhere.png' cannot be used" in dataset.skipped[0].reason


def test_evaluation_wants_a_background_of_each_frame_or_one_for_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_view_sets(tmp_path / "views", 1, 2)
    convert(tmp_path / "views", "frame-background", tmp_path / "labelled")
    file = tmp_path / "model.onnx"
    described = yaml.safe_dump(example("frame-background"))
    write_zero_network(file, parse_description(described, "guide"))
    file.with_suffix(".yaml").write_text(described)
    evaluate = ["evaluate", str(tmp_path / "labelled"), "--model", str(file), "--out"]
    assert main([*evaluate, str(tmp_path / "own")]) == 0
    coco = tmp_path / "labelled" / "annotations.json"
    content = json.loads(coco.read_text())
    for image in content["images"]:
        del image["background"]
    coco.write_text(json.dumps(content))
    assert main([*evaluate, str(tmp_path / "none")]) == 1
    assert "'images/set0/bkg' has none: give one with --background" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    one = ["--background", str(tmp_path / "views" / "set0" / "bkg.png")]
    assert main([*evaluate, str(tmp_path / "one"), *one]) == 0


def test_a_background_of_another_size_costs_its_frames(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = write_view_sets(tmp_path / "sets", 2, 2)
    picture = cv2.imread(str(sets / "set1" / "bkg.png"))
    assert picture is not None
    cv2.imwrite(str(sets / "set1" / "bkg.png"), picture[:-8])
    convert(sets, "frame-background", tmp_path / "out")
    dataset = open_dataset(tmp_path / "out")
    assert [frame.name for frame in dataset] == [
        "images/set0/bkg", "images/set0/0", "images/set0/1", "images/set1/bkg",
    ]  # fmt: skip
    assert [skip.cause for skip in dataset.skipped] == [SkipCause.SIZE] * 2
    reason = "its background 'images/set1/bkg.png' has 96x56 pixels, and it 96x64"
    assert dataset.skipped[0].reason == reason
    assert main(["data", "check", str(tmp_path / "out")]) == 1
    assert "another size" in capsys.readouterr().out


def test_an_evaluation_goes_on_only_with_the_same_backgrounds(tmp_path: Path) -> None:
    sets = write_view_sets(tmp_path / "sets", 1, 2)
    convert(sets, "frame-background", tmp_path / "out")
    before = [digest(frame) for frame in open_dataset(tmp_path / "out")]
    file = tmp_path / "out" / "images" / "set0" / "bkg.png"
    picture = cv2.imread(str(file))
    assert picture is not None
    picture[-1, -1] ^= 1
    cv2.imwrite(str(file), picture)
    after = [digest(frame) for frame in open_dataset(tmp_path / "out")]
    assert not set(before) & set(after)
