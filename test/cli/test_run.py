"""Guards `handseg`: pictures, folders and videos in, exact results of the same size out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.foreign import greener
from support.providers import LACKING

from handseg_ros.cli.main import main
from handseg_ros.media.sources import open_source
from handseg_ros.segmentation.overlay import OverlayMode, draw_overlay
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.tracking.tracker import Tracker

ASSETS = Path(__file__).resolve().parents[2] / "assets"
PICTURE = ASSETS / "rendered_hands.png"
CLIP = ASSETS / "rendered_hands.avi"


def _read(path: Path) -> np.ndarray:
    """Return what lies in a picture file, as it lies there."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return _read(PICTURE)


def test_a_picture_becomes_a_mask_of_its_size(picture: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert main(["run", "-i", str(PICTURE), "-s", str(out)]) == 0
    mask = _read(out)
    np.testing.assert_array_equal(mask, Segmenter.load().segment(picture).mask())
    assert set(np.unique(mask)) == {0, 255}


def test_instances_are_ids(picture: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert main(["run", "-i", str(PICTURE), "-s", str(out), "--instances"]) == 0
    ids = _read(out)
    segmentation = Segmenter.load().segment(picture)
    np.testing.assert_array_equal(ids, segmentation.instances())
    assert set(np.unique(ids)) == {0, *(hand.id for hand in segmentation.hands)}


@pytest.mark.parametrize("mode", ["mask", "contour", "instances"])
def test_the_overlay_is_the_core_s(mode: str, picture: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert main(["run", "-i", str(PICTURE), "-s", str(out), "--overlay", mode]) == 0
    expected = draw_overlay(picture, Segmenter.load().segment(picture), OverlayMode(mode))
    np.testing.assert_array_equal(_read(out), expected)


def test_the_input_size_is_the_network_s_alone(picture: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    sizes = ["--width", "192", "--height", "160"]
    assert main(["run", "-i", str(PICTURE), "-s", str(out), *sizes]) == 0
    assert _read(out).shape == picture.shape[:2]


def test_a_folder_becomes_a_folder(picture: np.ndarray, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    cv2.imwrite(str(source / "large.png"), picture)
    cv2.imwrite(str(source / "small.jpg"), cv2.resize(picture, (160, 120)))
    assert main(["run", "-i", str(source), "-s", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["large.png", "small.png"]
    assert _read(out / "small.png").shape == (120, 160)


def test_a_video_s_masks_are_exact_in_mkv(tmp_path: Path) -> None:
    out = tmp_path / "masks.mkv"
    assert main(["run", "-v", str(CLIP), "-s", str(out), "--frames", "5"]) == 0
    segmenter = Segmenter.load()
    frames = [frame.image for frame, _ in zip(open_source(str(CLIP)), range(5), strict=False)]
    written = [frame.image for frame in open_source(str(out))]
    assert len(written) == 5
    for frame, mask in zip(frames, written, strict=True):
        np.testing.assert_array_equal(mask[..., 0], segmenter.segment(frame).mask())


def test_a_video_s_overlay_has_every_frame(tmp_path: Path) -> None:
    out = tmp_path / "overlay.mp4"
    assert main(["run", "-v", str(CLIP), "-s", str(out), "--overlay"]) == 0
    assert len(list(open_source(str(out)))) == len(list(open_source(str(CLIP))))


def test_a_video_s_overlay_names_the_tracks(tmp_path: Path) -> None:
    out = tmp_path / "overlay.mkv"
    assert main(["run", "-v", str(CLIP), "-s", str(out), "--overlay", "--frames", "20"]) == 0
    segmenter, tracker, source = Segmenter.load(), Tracker(), open_source(str(CLIP))
    assert source.rate is not None
    for number, (frame, written) in enumerate(zip(source, open_source(str(out)), strict=False)):
        answer = tracker.follow(segmenter.segment(frame.image), number / source.rate)
        assert {hand.track_id for hand in answer.hands} == {1, 2}
        drawn = draw_overlay(frame.image, answer, OverlayMode.INSTANCES)
        np.testing.assert_array_equal(written.image, drawn)
    assert number == 19


@pytest.fixture
def comparing(tmp_path: Path) -> Path:
    """Return a model that finds what is greener than a background."""
    return greener(tmp_path / "greener.onnx")


def test_frames_are_compared_with_a_background(
    comparing: Path, picture: np.ndarray, tmp_path: Path
) -> None:
    green = picture.copy()
    green[50:150, 60:200, 1] = 255
    frames, out, background = tmp_path / "in", tmp_path / "out", tmp_path / "empty.png"
    frames.mkdir()
    cv2.imwrite(str(background), picture)
    cv2.imwrite(str(frames / "empty.png"), picture)
    cv2.imwrite(str(frames / "green.png"), green)
    options = ["--model", str(comparing), "--background", str(background)]
    assert main(["run", "-i", str(frames), "-s", str(out), *options]) == 0
    assert not _read(out / "empty.png").any()
    expected = Segmenter.load(comparing).with_background(picture).segment(green).mask()
    assert expected.any()
    np.testing.assert_array_equal(_read(out / "green.png"), expected)


def test_a_video_is_compared_with_a_background(comparing: Path, tmp_path: Path) -> None:
    first = next(iter(open_source(str(CLIP)))).image
    background, out = tmp_path / "empty.png", tmp_path / "out.mkv"
    cv2.imwrite(str(background), first)
    options = ["--model", str(comparing), "--background", str(background), "--frames", "3"]
    assert main(["run", "-v", str(CLIP), "-s", str(out), *options]) == 0
    masks = [frame.image for frame in open_source(str(out))]
    assert len(masks) == 3
    assert not masks[0].any()


@pytest.mark.parametrize(
    ("background", "words"),
    [
        (None, ["'greener 1' compares each frame", "--background PICTURE"]),
        ("nowhere.png", ["nowhere.png", "cannot be read"]),
        ("small.png", ["background 32x24", "take the background again"]),
    ],
)
def test_a_background_that_lacks_or_does_not_fit_is_explained(
    background: str | None,
    words: list[str],
    comparing: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((24, 32, 3), np.uint8))
    out = tmp_path / "out.png"
    given = [] if background is None else ["--background", str(tmp_path / background)]
    command = ["run", "-i", str(PICTURE), "-s", str(out), "--model", str(comparing), *given]
    assert main(command) == 1
    printed = capsys.readouterr().err
    for word in words:
        assert word in printed
    assert not out.exists()


def test_without_a_path_the_result_lies_in_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "-i", str(PICTURE)]) == 0
    assert main(["run", "-v", str(CLIP), "--frames", "2"]) == 0
    assert main(["run", "-v", str(CLIP), "--frames", "2", "--overlay"]) == 0
    assert main(["run", "-i", str(ASSETS / "rendered_*.png")]) == 0
    assert {path.name for path in tmp_path.iterdir()} >= {"output.png", "output.mkv", "output.mp4"}


def test_info_prints_the_description(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "hands"]) == 0
    printed = capsys.readouterr().out
    assert "family: bottom_up" in printed
    assert "licence:" in printed


def test_info_refuses_what_cannot_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = greener(tmp_path / "greener.onnx")
    told = model.with_suffix(".yaml")
    told.write_text(told.read_text().replace("output_layout: NCHW\n", ""))
    assert main(["info", str(model)]) == 1
    assert f"the description in {told} lacks 'output_layout'" in capsys.readouterr().err


def test_a_provider_that_is_not_installed_is_replaced_with_a_warning(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.png"
    assert main(["run", "-i", str(PICTURE), "-s", str(out), "--provider", LACKING]) == 0
    np.testing.assert_array_equal(_read(out), Segmenter.load().segment(picture).mask())
    assert f"handseg: provider '{LACKING}' is not in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["run", "-i", "nowhere.png"], ["nowhere.png", "does not exist"], 1),
        (["run", "-i", str(PICTURE), "-s", "out.xyz"], ["out.xyz"], 2),
        (["run", "-v", str(CLIP), "-s", "out.png"], ["out.png", "folder"], 2),
        (["run", "-i", str(PICTURE), "--model", "feet"], ["feet", "hands"], 1),
        (["run", "-i", str(PICTURE), "--width", "300"], ["300", "288 or 320"], 1),
        (["run", "-i", str(PICTURE), "--score", "7"], ["score", "7"], 2),
        (["run", "-i", str(PICTURE), "--background", str(PICTURE)], ["takes no background"], 1),
        (["run", "-v", str(PICTURE.parent / "README.md")], ["README.md"], 1),
        (["run", "-i", str(PICTURE), "-s", str(PICTURE)], [str(PICTURE), "overwritten"], 1),
        (["run", "-i", str(ASSETS), "-s", str(ASSETS)], [str(ASSETS), "overwritten"], 1),
        (
            ["run", "-i", str(PICTURE), "--provider", LACKING, "--require-provider"],
            [LACKING, "but it is required"],
            1,
        ),
        (["info", "feet"], ["feet", "hands"], 1),
    ],
)
def test_what_cannot_be_done_is_explained(
    arguments: list[str],
    words: list[str],
    code: int,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    printed = capsys.readouterr().err
    for word in words:
        assert word in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ["-i", "a.png", "--frames", "0"],
        ["-i", "a.png", "--threads", "0"],
        ["-i", "a.png", "--overlay", "--instances"],
    ],
)
def test_a_wrong_usage_ends_with_two(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", *wrong])
    assert caught.value.code == 2
    assert "usage: handseg run" in capsys.readouterr().err


def test_names_that_begin_with_the_home_folder_s_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~lock.jpg").write_bytes(PICTURE.read_bytes())
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    assert main(["run", "~lock.jpg", "-s", "~/m.png", "--json=~/h.jsonl"]) == 0
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["h.jsonl", "m.png"]
    assert not (tmp_path / "~").exists()
    assert main(["run", "~nobody"]) == 1
    assert "'~nobody' does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("drawn", ["--overlay", "--instances"])
def test_drawing_what_is_not_saved_is_refused(
    drawn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(PICTURE), "--json", "-", drawn]) == 2
    assert f"{drawn} says how results are drawn, but none is saved: add -s OUT" in (
        capsys.readouterr().err
    )
