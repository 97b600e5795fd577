"""Guards `handseg latency`: the real node on a bag's clock, answers or drops."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.assets import PICTURE, rendered_hands
from support.bags import IMAGE, Entry, compressed_entry, image_entry, stamp_of, write_bag
from support.interrupting import interrupted

from handseg_ros.bags.bag import Bag
from handseg_ros.cli.main import main
from handseg_ros.latency.playback import Playback, play
from handseg_ros.latency.report import HTML, JSON, MARKDOWN
from handseg_ros.segmentation.errors import HandsegError

MS = 1_000_000
RECORDED_LATER = 100 * MS
RUBBISH = b"\x00\x01\x00\x00rubbish"


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return cv2.resize(rendered_hands(), (320, 240))


def _latency(bag: Path, *options: str) -> list[dict[str, Any]]:
    """Return what latency.json tells of each model."""
    out = bag.parent / "out"
    assert main(["latency", str(bag), "--out", str(out), *options]) == 0
    return _models(out)


def _models(out: Path) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = json.loads((out / JSON).read_text())["models"]
    return models


@pytest.mark.slow
def test_a_bag_at_its_own_pace(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [
        image_entry("/camera/image", stamp_of(2 * number), picture, delay=RECORDED_LATER)
        for number in range(20)
    ]
    bag = write_bag(tmp_path / "kitchen", entries)
    models = _latency(bag, "--model", "hands_fast", "--model", "hands_clean")
    assert [model["label"].split()[0] for model in models] == ["hands_fast", "hands_clean"]
    for figures in models:
        assert figures["images"] == 20
        assert figures["answered"] + figures["dropped"] == 20
        assert figures["answered"] >= 1
        assert figures["strangers"] == figures["repeated"] == figures["unreadable"] == 0
        assert figures["latency"]["median"] > 0
        # By the bag's clock an image is as old as it took to record it, and as to answer it.
        recorded_later = RECORDED_LATER / MS
        assert figures["age"]["median"] == pytest.approx(
            recorded_later + figures["latency"]["median"], abs=figures["late"] + 1
        )
    printed = capsys.readouterr().out
    assert f"answered: {models[1]['answered']} (" in printed
    _check_files(bag.parent / "out", models)


def _check_files(out: Path, models: list[dict[str, Any]]) -> None:
    """All three files tell the same, and no score is among them."""
    assert sorted(file.name for file in out.iterdir()) == sorted([HTML, JSON, MARKDOWN])
    content = json.loads((out / JSON).read_text())
    assert content["set"] == {"title": "kitchen", "topic": "/camera/image", "rate": 1.0}
    for model in models:
        images = content["images"][model["label"]]
        assert [image["stamp"] for image in images] == [stamp_of(2 * n) for n in range(20)]
        assert sum(image["latency"] is None for image in images) == model["dropped"]
        for name, label in ((HTML, model["label"]), (MARKDOWN, model["label"].replace("_", "\\_"))):
            text = (out / name).read_text()
            assert label in text
            assert f"median {model['latency']['median']:.1f} ms" in text
            assert "at the bag's own pace" in text


@pytest.mark.slow
def test_a_camera_too_fast_for_the_node_loses_images(picture: np.ndarray, tmp_path: Path) -> None:
    stamps = [stamp_of(0) + number * MS for number in range(300)]
    entries = [compressed_entry("/image/compressed", stamp, picture) for stamp in stamps]
    (figures,) = _latency(write_bag(tmp_path / "bag", entries))
    assert figures["images"] == 300
    assert figures["dropped"] > 100
    assert figures["answered"] + figures["dropped"] == 300
    assert figures["answered"] >= 1
    assert figures["strangers"] == 0


@pytest.mark.slow
def test_bad_images_are_dropped_and_what_is_none_is_not_sent(
    picture: np.ndarray, tmp_path: Path
) -> None:
    entries = [image_entry("/image", stamp_of(4 * number), picture) for number in range(4)]
    entries[1] = image_entry("/image", stamp_of(4), picture, encoding="no_such_encoding")
    entries[2] = Entry("/image", IMAGE, stamp_of(8), RUBBISH)
    (figures,) = _latency(write_bag(tmp_path / "bag", entries), "--rate", "0.5")
    assert (figures["images"], figures["unreadable"]) == (3, 1)
    assert 1 <= figures["answered"] <= 2


@pytest.mark.slow
def test_ctrl_c_ends_with_the_figures_so_far(picture: np.ndarray, tmp_path: Path) -> None:
    entries = [image_entry("/image", stamp_of(number), picture) for number in range(2000)]
    bag, out = write_bag(tmp_path / "bag", entries), tmp_path / "out"
    command = ["latency", str(bag), "--out", str(out)]
    command += ["--model", "hands", "--model", "hands_fast"]
    # The bar shows the first image once it was sent.
    interrupted(command, lambda process: " 1/2000" in process.output())
    (figures,) = _models(out)
    assert 1 <= figures["images"] < 2000
    assert (out / HTML).exists()


@pytest.mark.slow
def test_what_cannot_be_played_is_explained(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write_bag(tmp_path / "good", [image_entry("/image", stamp_of(0), picture)])
    bad = write_bag(tmp_path / "bad", [Entry("/image", IMAGE, 1, RUBBISH)])
    there, file = tmp_path / "there", tmp_path / "file"
    there.mkdir()
    (there / JSON).touch()
    file.touch()
    for arguments, words, code in (
        ([tmp_path / "nowhere"], ["nowhere", "does not exist"], 1),
        ([good, "--model", "feet"], ["no model named 'feet'"], 1),
        ([bad], ["no image of /image can be played"], 1),
        ([good, "--out", there], ["there", "holds a report of latency", "another folder"], 1),
        ([good, "--out", file / "below"], ["below", "cannot be written"], 1),
        ([PICTURE.parent], ["is no rosbag", "handseg evaluate"], 2),
    ):
        assert main(["latency", "--out", str(tmp_path / "o"), *map(str, arguments)]) == code
        printed = capsys.readouterr().err
        for word in words:
            assert word in printed
    # What failed can be tried again.
    assert list((tmp_path / "o").iterdir()) == []


@pytest.mark.slow
def test_a_node_that_does_not_come_up_is_told_in_its_own_words(
    picture: np.ndarray, tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / "bag", [image_entry("/image", stamp_of(0), picture)])
    with Bag(bag) as opened:
        wanted = Playback(opened.topics["/image"], 1.0, {"model": "feet"})
        with pytest.raises(HandsegError, match=r"node did not come up: .*no model named 'feet'"):
            play(opened, wanted, lambda messages: messages)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--live"], "--live is a command of its own: handseg latency BAG --out DIR"),
        (["--live", "--rate", "2"], "handseg latency BAG --out DIR"),
        (["--rate", "2"], "there is no option '--rate'"),
    ],
)
def test_the_old_spelling_tells_the_new_one(
    option: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", *option, "bag", "--out", "out"])
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--resume"], ["--truth-masks", "/m"]])
def test_what_goes_with_scores_alone_is_a_wrong_usage(option: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["latency", "bag", "--out", "out", *option])
    assert caught.value.code == 2


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "1000"])
def test_a_pace_that_makes_no_sense_is_a_wrong_usage(rate: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["latency", "bag", "--out", "out", "--rate", rate])
    assert caught.value.code == 2
