"""Guards `handseg evaluate`: a report from a folder, Ctrl-C and going on, errors as sentences."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import shutil
from html import unescape
from pathlib import Path

import cv2
import pytest
from support.bags import image_entry, stamp_of, write_bag
from support.foreign import greener
from support.interrupting import interrupted
from support.labelled import clip_frames, write_clip_folder

from handseg_ros.cli.main import main
from handseg_ros.datasets.mask_folder.reading import read_mask_file
from handseg_ros.media.sinks import VideoSink
from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.segmenter import Segmenter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip_folder(tmp_path_factory.mktemp("data"), frames=20)


def test_a_report_is_left_and_its_figures_are_printed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    models = ["--model", "hands_fast", "--model", "hands_clean"]
    assert main(["evaluate", str(folder), *models, "--out", str(out)]) == 0
    for name in ("report.html", "report.md", "scores.json", "timings.json"):
        assert (out / name).stat().st_size > 500
    printed = capsys.readouterr()
    assert "hands_clean" in printed.out
    assert "20 frames answered, 18 scored, 0 skipped" in printed.out
    scores = json.loads((out / "scores.json").read_text())
    label = scores["models"][0]["label"]
    value = scores["groups"]["all"]["figures"][label]["iou"]["value"]
    assert f"hand-only IoU, mean over frames: {value:.3f}" in printed.out
    assert "frame/s" in printed.err


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_resume_goes_on(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    lines = out / "frames.jsonl"
    command = ["evaluate", str(folder), "--model", "hands", "--model", "hands_clean"]
    command += ["--out", str(out)]
    printed = interrupted(command, lambda process: lines.exists() and lines.stat().st_size > 0)
    assert "--resume" in printed
    assert not (out / "scores.json").exists()
    finished = lines.read_bytes()
    assert 0 < len(finished.splitlines()) < 20
    assert main([*command, "--resume"]) == 0
    whole = tmp_path / "whole"
    assert main([*command[:-1], str(whole)]) == 0
    assert lines.read_bytes().startswith(finished)
    for name in ("frames.jsonl", "scores.json", "report.md"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], ["nowhere", "does not exist"]),
        (["."], ["no labelled set"]),
        (["SET", "--model", "feet"], ["feet", "hands"]),
        (["SET", "--provider", "tensorrt", "--require-provider"], ["tensorrt"]),
    ],
)
def test_what_cannot_be_done_is_explained(
    arguments: list[str],
    words: list[str],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [str(folder) if item == "SET" else item for item in arguments]
    assert main(["evaluate", *given, "--out", "out"]) == 1
    printed = capsys.readouterr().err
    for word in words:
        assert word in printed
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bag of the clip with the default model's masks as labels, one of them missing."""
    segmenter = Segmenter.load("hands")
    entries = []
    for number, image in enumerate(clip_frames(6)):
        entries.append(image_entry("/camera", stamp_of(number), image))
        ids = segmenter.segment(image).instances()
        if number != 3:
            entries.append(image_entry("/labels", stamp_of(number), ids, "mono8"))
    return write_bag(tmp_path_factory.mktemp("bags") / "kitchen", entries, custom={"light": "dim"})


def test_a_bag_is_scored_by_its_labels(bag: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    labels = ["--topic", "/camera", "--truth-masks", "/labels"]
    assert main(["evaluate", str(bag), *labels, "--model", "hands", "--out", str(out)]) == 0
    scores = json.loads((out / "scores.json").read_text())
    assert (scores["set"]["title"], scores["set"]["answered"]) == ("kitchen", 6)
    assert scores["set"]["labelled"] == 5
    assert {"all", "light: dim"} < set(scores["groups"])
    (figures,) = scores["groups"]["all"]["figures"].values()
    for name in ("iou", "boundary_2px", "hand_recall", "mask_ap", "box_ap75"):
        assert figures[name]["value"] == 1
    assert (out / "report.html").read_text().count("data:image/jpeg") == 5


@pytest.mark.parametrize("what", ["annotations.json", "images"])
def test_what_label_bag_writes_is_scored(bag: Path, tmp_path: Path, what: str) -> None:
    labels, out = tmp_path / "labels", tmp_path / "out"
    chosen = ["--topic", "/camera", "--every", "2", "--model", "hands"]
    assert main(["label-bag", str(bag), str(labels), *chosen]) == 0
    assert main(["evaluate", str(labels / what), "--model", "hands", "--out", str(out)]) == 0
    scores = json.loads((out / "scores.json").read_text())
    assert scores["set"]["skipped"] == []
    (figures,) = scores["groups"]["all"]["figures"].values()
    # COCO's run lengths are exact, labelme's outlines are simplified.
    assert figures["iou"]["value"] >= (1 if what == "annotations.json" else 0.9)


def _warnings(path: Path, out: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[str]:
    """Evaluate, and return the warnings, the same in terminal and report."""
    capsys.readouterr()
    assert main(["evaluate", str(path), "--model", "hands", "--out", str(out), *more]) == 0
    start = "handseg: warning: "
    lines = capsys.readouterr().err.splitlines()
    printed = [line.removeprefix(start) for line in lines if line.startswith(start)]
    assert json.loads((out / "scores.json").read_text())["warnings"] == printed
    page = unescape((out / "report.html").read_text(encoding="utf-8"))
    assert all(f"Warning: {text}." in page for text in printed)
    return printed


def test_labels_of_a_model_are_warned_of_until_they_are_corrected(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels"
    chosen = ["--topic", "/camera", "--every", "2", "--model", "hands"]
    assert main(["label-bag", str(bag), str(labels), *chosen]) == 0
    coco = labels / "annotations.json"
    for place, path in enumerate((coco, labels / "images", labels)):
        (warning,) = _warnings(path, tmp_path / f"first{place}", capsys)
        assert "were made by 'hands" in warning
        assert "not one of the 3 was corrected" in warning
    files = sorted((labels / "images").glob("*.json"))
    # A tool that saves a file again, with fields of its own, corrects nothing.
    saved = json.loads(files[0].read_text())
    for shape in saved["shapes"]:
        shape |= {"mask": None, "points": [[x + 1e-9, y] for x, y in shape["points"]]}
    files[0].write_text(json.dumps({**saved, "version": "5.8.1"}, indent=2))
    (warning,) = _warnings(labels / "images", tmp_path / "saved", capsys)
    assert "not one of the 3 was corrected" in warning
    saved["shapes"][0]["points"][0][0] += 3
    files[0].write_text(json.dumps(saved))
    (warning,) = _warnings(labels / "images", tmp_path / "one", capsys)
    assert warning.startswith("1 of the 3 labels that 'hands")
    for file in files[1:]:
        file.write_text(json.dumps({**json.loads(file.read_text()), "shapes": []}))
    (warning,) = _warnings(labels / "images", tmp_path / "all", capsys)
    assert warning.startswith("all 3 labels that 'hands")
    # Who corrects labelme's files has not corrected COCO's.
    (warning,) = _warnings(coco, tmp_path / "coco", capsys)
    assert "not one of the 3 was corrected" in warning
    content = json.loads(coco.read_text())
    del content["annotations"][0]
    coco.write_text(json.dumps(content))
    (warning,) = _warnings(coco, tmp_path / "coco_one", capsys)
    assert warning.startswith("1 of the 3 labels that 'hands")


def test_labels_without_a_record_of_the_first_ones_are_warned_of_too(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels"
    chosen = ["--topic", "/camera", "--every", "2", "--model", "hands"]
    assert main(["label-bag", str(bag), str(labels), *chosen]) == 0
    (labels / "first_labels.jsonl").unlink()
    (warning,) = _warnings(labels / "annotations.json", tmp_path / "out", capsys)
    assert "it is not known whether one of the 3 was corrected" in warning


def test_labels_that_record_masks_added_to_a_bag_are_warned_of(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = tmp_path / "recorded.mcap"
    command = ["record-masks", str(bag), str(recorded), "--topic", "/camera", "--model", "hands"]
    assert main([*command, "--namespace", "/mine", "--add", "hands"]) == 0
    named = ("--topic", "/camera", "--truth-hands", "/mine/hands")
    (warning,) = _warnings(recorded, tmp_path / "out", capsys, *named)
    assert "were made by 'hands" in warning
    assert "not one of the 6 was corrected" in warning
    # Labels of the bag itself are not what was added to it.
    more = ("--topic", "/camera", "--truth-masks", "/labels")
    (warning,) = _warnings(recorded, tmp_path / "own", capsys, *more)
    assert "found every hand to the pixel" in warning


def test_a_video_is_scored_by_masks_of_its_frames(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video, masks, out = tmp_path / "hall.mkv", tmp_path / "masks", tmp_path / "out"
    with VideoSink(video, 10.0) as sink:
        for image in clip_frames(4):
            sink.write(image)
    usual = ["--model", "hands_fast"]
    instances = ["--instances", "--save", str(masks), *usual]
    assert main(["run", "--video", str(video), *instances]) == 0
    (masks / "hall_000001.png").unlink()
    command = ["evaluate", str(video), "--masks", str(masks), "--out", str(out), *usual]
    assert main(command) == 0
    assert "4 frames answered, 3 scored, 0 skipped" in capsys.readouterr().out
    scores = json.loads((out / "scores.json").read_text())
    (figures,) = scores["groups"]["all"]["figures"].values()
    assert figures["iou"]["value"] == 1
    assert (out / "report.html").read_text().count("data:image/jpeg") == 3
    assert main([*command, "--topic", "/camera", "--resume"]) == 2
    assert "nor does --masks but for a video" in capsys.readouterr().err


def test_options_of_bags_are_refused_for_other_sets(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "out")]
    assert main(["evaluate", str(folder), "--topic", "/camera", *out]) == 2
    assert "is no rosbag, so --topic" in capsys.readouterr().err


def test_a_second_evaluation_is_not_written_over_the_first(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(folder), "--model", "hands_fast", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert main(command) == 1
    assert "go on with it by --resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    assert main([*command, "--resume", "--mask-values", "binary"]) == 1
    assert "(mask_values 'auto', now 'binary'): give" in capsys.readouterr().err


def test_a_background_is_given_to_the_models_that_take_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, first = greener(tmp_path / "greener.onnx"), next((folder / "images").rglob("*.png"))
    out = tmp_path / "out"
    command = ["evaluate", str(folder), "--out", str(out), "--model"]
    assert main([*command, str(model)]) == 1
    assert "--background PICTURE" in capsys.readouterr().err
    assert main([*command, "hands_fast", "--background", str(first)]) == 1
    assert "takes no background" in capsys.readouterr().err
    both = [*command, "hands_fast", "--model", str(model), "--background"]
    assert main([*both, str(first)]) == 0
    capsys.readouterr()
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), 255 - read_picture(first))
    assert main([*both, str(other), "--resume"]) == 1
    assert "background" in capsys.readouterr().err


def test_how_labels_are_read_is_told_and_can_be_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_clip_folder(tmp_path / "set", frames=2, sequences=1)
    for file in (folder / "masks").rglob("*.png"):
        mask = read_mask_file(file, "mask")
        cv2.imwrite(str(file), (mask > 0).astype("uint8"))
    command = ["evaluate", str(folder), "--model", "hands_fast", "--out"]
    assert main([*command, str(tmp_path / "auto")]) == 0
    printed = capsys.readouterr()
    assert "handseg: 1 frame(s), the first is 0/000: its mask has 0 and 1 alone" in printed.err
    assert "hands found" not in printed.out
    assert main([*command, str(tmp_path / "ids"), "--mask-values", "ids"]) == 0
    printed = capsys.readouterr()
    assert "0 and 1 alone" not in printed.err
    assert "hands found" in printed.out
    with pytest.raises(SystemExit):
        main([*command, str(tmp_path / "no"), "--label-orientation", "sideways"])


def test_what_was_skipped_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = tmp_path / "torn"
    shutil.copytree(folder, torn)
    first = min((torn / "images").rglob("*.png"))
    first.write_bytes(first.read_bytes()[:100])
    command = ["evaluate", str(torn), "--model", "hands_fast", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    printed = capsys.readouterr()
    assert "19 frames answered, 17 scored, 1 skipped" in printed.out
    assert "1 skipped, the first is 0/000: its picture" in printed.err
    assert "## What was skipped" in (tmp_path / "out" / "report.md").read_text()
