"""Guards batches of `handseg run`: nothing is lost or overwritten, and bad files end nothing."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import rendered_hands
from support.damaged import damage, noisy_video
from support.file_limit import file_limit
from support.processes import running_process

from handseg_ros.cli import run_inputs
from handseg_ros.cli.main import main
from handseg_ros.media.sinks import VideoSink
from handseg_ros.media.sources import CameraSource, open_source

HEIC = b"\0\0\0\x24ftypheic" + bytes(99)


@pytest.fixture(scope="module")
def hands() -> np.ndarray:
    return cv2.resize(rendered_hands(), (160, 120))


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, pixels: np.ndarray) -> bytes:
    """Write a picture into the working folder; returns what lies there."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(name, pixels)
    return Path(name).read_bytes()


def files_below(folder: str) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*.*"))


@pytest.mark.parametrize(
    ("given", "save"),
    [
        (["in/*.png"], "in"),
        (["in/a.png"], "in"),
        (["in"], "in"),
        (["in"], "other/../in"),
        (["link"], "in"),
        (["in"], "link"),
        (["in/a.png"], "in/a.png"),
        (["in/a.png"], "soft.png"),
        (["in/a.png"], "hard.png"),
        (["soft.png"], "in/a.png"),
        (["in/a.png", "in/b.png"], "in"),
        (["clip.avi"], "clip.avi"),
        (["clip.avi"], "./other/../clip.avi"),
    ],
)
def test_no_input_is_overwritten(
    given: list[str], save: str, hands: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("other").mkdir()
    photos = [write("in/a.png", hands), write("in/b.png", hands)]
    Path("link").symlink_to("in")
    Path("soft.png").symlink_to("in/a.png")
    os.link("in/a.png", "hard.png")
    with VideoSink("clip.avi", 10.0) as sink:
        sink.write(hands)
    clip = Path("clip.avi").read_bytes()
    assert main(["run", *given, "-s", save]) == 1
    printed = capsys.readouterr().err
    assert "overwritten" in printed
    assert "save somewhere else" in printed
    assert [Path(f"in/{name}.png").read_bytes() for name in "ab"] == photos
    assert Path("clip.avi").read_bytes() == clip
    assert sorted(os.listdir("in")) == ["a.png", "b.png"]


def test_what_else_is_read_is_not_overwritten(
    hands: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.png", hands)
    for option in ("--json", "--csv"):
        assert main(["run", "a.png", option, "a.png"]) == 1
        assert "'a.png' is the input, which would be overwritten" in capsys.readouterr().err
    assert main(["run", "a.png", "--json", "x", "--csv", "./x"]) == 1
    assert "two results would be written to 'x'" in capsys.readouterr().err
    assert os.listdir() == ["a.png"]


@pytest.mark.parametrize(
    ("inputs", "given", "expected"),
    [
        (["in/a.png", "in/a.jpg", "in/b.png"], ["in"], ["a.jpg.png", "a.png.png", "b.png"]),
        (["in/a.png", "in/A.bmp"], ["in"], ["A.bmp.png", "a.png.png"]),
        (["c/l/1.png", "c/r/1.png"], ["c/*/*.png"], ["l/1.png", "r/1.png"]),
        (["c/l/1.png", "c/r/1.png"], ["c/l/1.png", "c/r/1.png"], ["l/1.png", "r/1.png"]),
        (["c/l/1.png", "c/r/2.png"], ["c/l/1.png", "c/r/2.png"], ["1.png", "2.png"]),
        (["c/l/1.png", "c/r/1.png"], ["c/l", "c/r"], ["l/1.png", "r/1.png"]),
        (["c/1.png"], ["c", "c/1.png", "./c/*.png"], ["1.png"]),
        (["c/l/1.png", "c/1.png"], ["c/**/*.png"], ["1.png", "l/1.png"]),
    ],
)
def test_every_input_has_a_result_of_its_own(
    inputs: list[str], given: list[str], expected: list[str], hands: np.ndarray
) -> None:
    for name in inputs:
        write(name, hands)
    assert main(["run", *given, "-s", "out"]) == 0
    assert files_below("out") == expected


def test_videos_of_one_name_have_results_of_their_own(hands: np.ndarray) -> None:
    for name in ("l/v.avi", "r/v.avi"):
        with VideoSink(name, 10.0) as sink:
            sink.write(hands)
    write("r/p.png", hands)
    assert main(["run", "l/v.avi", "r/v.avi", "r/p.png", "-s", "out"]) == 0
    assert files_below("out") == ["l/v_000000.png", "r/p.png", "r/v_000000.png"]


def test_bad_files_are_told_and_the_others_answered(
    hands: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write("in/a.jpg", hands)
    Path("in/b.jpg").write_bytes(whole[: len(whole) // 2])
    Path("in/c.jpg").symlink_to("gone.jpg")
    Path("in/d.jpg").write_bytes(b"")
    Path("in/._e.jpg").write_bytes(b"\0\x05\x16\x07" + bytes(99))
    Path("in/f.png").mkdir()
    Path("in/g.HEIC").write_bytes(HEIC)
    Path("in/h.jpg").write_bytes(HEIC)
    write("in/z.jpg", hands)
    assert main(["run", "in", "-s", "out", "--json", "hands.jsonl"]) == 1
    printed = capsys.readouterr()
    assert files_below("out") == ["a.png", "z.png"]
    assert "2 frames, 4 hands, written to out and hands.jsonl; 2 left out" in printed.out
    for words in (
        "in/b.jpg' is truncated or damaged",
        "in/c.jpg' cannot be read, No such file or directory",
        "in/d.jpg' is empty",
        "in/._e.jpg' is what macOS noted about another file (AppleDouble): delete it",
        "in/h.jpg' is a HEIC picture: save it as JPEG or PNG",
        "2 file(s) are left out, the first: 'in/f.png' is no file",
        "2 of 7 answered; why the rest was not is told above",
    ):
        assert words in printed.err
    assert len(Path("hands.jsonl").read_text().splitlines()) == 7


def test_inputs_that_are_not_there_are_told_and_the_others_answered(
    hands: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.png", hands)
    Path("b.png").symlink_to("gone.png")
    Path("c.mp4").write_bytes(b"no video" * 99)
    assert main(["run", "a.png", "b.png", "c.mp4", "d.png", "-s", "out"]) == 1
    printed = capsys.readouterr()
    assert files_below("out") == ["a.png"]
    for words in (
        "'b.png' is a link to 'gone.png', which is gone",
        "'c.mp4' cannot be opened, it is damaged or no video",
        "'d.png' does not exist",
        "1 of 4 answered",
    ):
        assert words in printed.err


def test_where_nothing_can_be_answered_nothing_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("a.png", "b.png"):
        Path(name).write_bytes(b"")
    command = ["run", "a.png", "b.png", "-s", "out.mkv", "--json", "out.jsonl", "--csv", "out.csv"]
    assert main(command) == 1
    assert "none of 2 could be answered: nothing is written" in capsys.readouterr().err
    assert sorted(os.listdir()) == ["a.png", "b.png"]


def test_a_damaged_video_is_answered_and_told(
    hands: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(noisy_video(Path("v.mp4"), 20, hands))
    assert main(["run", "v.mp4", "-s", "out"]) == 1
    printed = capsys.readouterr().err
    written = files_below("out")
    lost = 20 - len(written)
    assert 0 < lost < 10
    assert written[-1] == "v_000019.png"
    assert f"is damaged, {lost} of its frames cannot be decoded: copy it again" in printed
    assert f"{20 - lost} of 20 answered" in printed


def test_several_inputs_do_not_fit_into_one_file(
    hands: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.png", hands)
    with VideoSink("v.avi", 10.0) as sink:
        sink.write(hands)
    assert main(["run", "a.png", "v.avi", "-s", "out.mkv"]) == 2
    assert "'out.mkv' cannot hold the results of several inputs" in capsys.readouterr().err
    assert main(["run", "a.png", "0", "-s", "out"]) == 2
    assert "a camera gives frames without end: give it alone" in capsys.readouterr().err
    for name in ("out.jpg", "out.mp4"):
        assert main(["run", "a.png", "-s", name, "--instances"]) == 2
        assert f"'{name}' cannot hold ids" in capsys.readouterr().err
    assert sorted(os.listdir()) == ["a.png", "v.avi"]


@pytest.mark.parametrize(
    "options",
    [
        ["-s", "out.png", "--overlay"],
        ["-s", "out"],
        ["-s", "out.mkv", "--overlay"],
        ["-s", "out.mp4", "--overlay"],
        ["-s", "out.avi", "--overlay"],
        ["--json", "out.jsonl"],
        ["--csv", "out.csv"],
    ],
)
def test_without_space_nothing_is_said_to_be_written(
    options: list[str], hands: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.png", hands)
    with file_limit(100):
        code = main(["run", "a.png", *options])
    printed = capsys.readouterr()
    assert code == 1
    assert "cannot be written" in printed.err
    assert "written to" not in printed.out
    assert not [path for path in Path().rglob("*out*") if path.is_file()]


def test_a_video_to_a_file_limit_of_the_shell_ends_with_one(hands: np.ndarray) -> None:
    noisy_video(Path("v.avi"), 6, hands)
    program = f"{sys.executable} -m handseg_ros.cli.main"
    command = f"ulimit -f 20; exec {program} run v.avi --overlay -s o.mkv"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "'o.mkv' cannot be written, as not all of its 6 frames are in the file" in done.stderr
    assert sorted(os.listdir()) == ["v.avi"]


def test_a_mask_in_a_file_that_loses_is_warned_of(
    hands: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.png", hands)
    for name, words in (("m.jpg", "'.jpg' changes a mask's values"), ("m.png", "")):
        assert main(["run", "a.png", "-s", name]) == 0
        assert words in capsys.readouterr().err
        assert bool(words) == (set(np.unique(next(iter(open_source(name))).image)) != {0, 255})


def test_sigterm_completes_what_is_written(tmp_path: Path) -> None:
    with VideoSink("clip.avi", 10.0) as sink:
        for _ in range(2000):
            sink.write(np.zeros((48, 64, 3), np.uint8))
    options = [str(tmp_path / "clip.avi"), "-s", str(tmp_path / "o.mkv"), "--json", "-"]
    command = [sys.executable, "-m", "handseg_ros.cli.main", "run", *options]
    with running_process(command) as running:
        running.wait_for_output('"index": 2,')
        assert running.stop(signal.SIGTERM) == 130  # a script must not go on as if all was done
        assert "stopped" in running.output()
        lines = running.output().count('"schema"')
    assert 2 < len(list(open_source("o.mkv"))) == lines < 2000
    assert sorted(os.listdir()) == ["clip.avi", "o.mkv"]


def test_a_camera_that_is_unplugged_loses_nothing_of_what_it_gave(
    hands: np.ndarray, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with VideoSink("clip.avi", 10.0) as sink:
        for _ in range(4):
            sink.write(hands)
    # a file stands in for the device: it delivers, and then does no longer
    monkeypatch.setattr(run_inputs, "open_source", CameraSource)
    assert main(["run", "clip.avi", "-s", "o.mkv", "--json", "h.jsonl", "--csv", "h.csv"]) == 1
    told = capsys.readouterr()
    assert "stopped after 4 frames: check its plug and cable" in told.err
    assert "4 frames" in told.out
    assert len(list(open_source("o.mkv"))) == 4
    *answers, end = [json.loads(line) for line in Path("h.jsonl").read_text().splitlines()]
    assert [answer["index"] for answer in answers] == [0, 1, 2, 3]
    assert "stopped after 4 frames" in end["error"]
    assert Path("h.csv").is_file()


def test_any_name_can_be_answered(hands: np.ndarray) -> None:
    with VideoSink("12:57.mkv", 10.0) as sink:
        sink.write(hands)
    write("photo.jpg", hands)
    Path("photo.jpg").rename("-photo [1].jfif")
    assert main(["run", "12:57.mkv", "-s", "2026-01-26T20:57:04.mkv"]) == 0
    assert len(list(open_source("2026-01-26T20:57:04.mkv"))) == 1
    assert main(["run", "-s", "m.png", "--", "-photo [1].jfif"]) == 0
    assert Path("m.png").exists()


def test_names_that_are_no_text_can_be_answered(hands: np.ndarray) -> None:
    with VideoSink("clip.avi", 10.0) as sink:
        sink.write(hands)
    write("photo.jpg", hands)
    clip, photo, masks = (os.fsdecode(name) for name in (b"c\xe9.avi", b"p\xe9.jpg", b"m\xe9.mkv"))
    os.rename("clip.avi", clip)
    os.rename("photo.jpg", photo)
    # each in a process of its own: OpenCV ends one that gives it such a name
    command = [sys.executable, "-m", "handseg_ros.cli.main", "run"]
    for given in ([clip, "-s", masks], [clip, photo, "-s", "out", "--json", "h.jsonl"]):
        done = subprocess.run([*command, *given], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    assert len(list(open_source(masks))) == 1
    assert sorted(os.listdir(b"out")) == [b"c\xe9_000000.png", b"p\xe9.png"]
    told = [json.loads(line)["source"] for line in Path("h.jsonl").read_text().splitlines()]
    assert told == [clip, photo]
