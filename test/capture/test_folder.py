"""Guards captured files: numbered on, never overwritten, whole even where the writer is killed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.file_limit import file_limit
from support.processes import PATIENCE, POLL, running_process

from handseg_ros.capture.folder import CaptureFolder
from handseg_ros.segmentation.errors import MediaError

FRAME = np.full((24, 32, 3), 90, np.uint8)
# Stores frames without end, of noise, so that each takes a while to be written.
_VICTIM = """
import sys
from pathlib import Path
import numpy as np
from handseg_ros.capture.folder import CaptureFolder
frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
captured = CaptureFolder(Path(sys.argv[1])).new_set(frame)
while True:
    captured.add(frame)
"""


def test_sets_and_frames_are_numbered_from_zero(tmp_path: Path) -> None:
    folder = CaptureFolder(tmp_path / "new" / "folder")
    first = folder.new_set(FRAME)
    assert [first.add(FRAME).name for _ in range(3)] == ["0.png", "1.png", "2.png"]
    assert folder.new_set(FRAME).path == folder.path / "set1"


@pytest.mark.parametrize(
    ("there", "number"),
    [
        (["set0"], 1),
        (["set0", "set7"], 8),
        (["set9", "set10"], 11),
        (["settings", "set", "set3b", "other"], 0),
    ],
)
def test_a_set_goes_after_the_last_one(there: list[str], number: int, tmp_path: Path) -> None:
    for name in there:
        (tmp_path / name).mkdir()
    assert CaptureFolder(tmp_path).new_set(FRAME).path == tmp_path / f"set{number}"


def test_a_file_of_a_set_s_name_takes_its_number(tmp_path: Path) -> None:
    (tmp_path / "set4").touch()
    assert CaptureFolder(tmp_path).new_set(FRAME).path == tmp_path / "set5"


@pytest.mark.parametrize("name", ["4.png", "4.jpg", "4_mask.png", "4.json"])
def test_a_frame_goes_after_the_last_frame_or_label(name: str, tmp_path: Path) -> None:
    """A mask that is left of a frame that was removed must not become another one's."""
    captured = CaptureFolder(tmp_path).new_set(FRAME)
    (captured.path / name).touch()
    assert captured.add(FRAME).name == "5.png"


def test_two_programs_get_a_set_each(tmp_path: Path) -> None:
    one, other = CaptureFolder(tmp_path), CaptureFolder(tmp_path)
    paths = [folder.new_set(FRAME).path.name for folder in (one, other, one)]
    assert paths == ["set0", "set1", "set2"]


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(MediaError, match=r"file' cannot be written, File exists: choose a folder"):
        CaptureFolder(file)
    with pytest.raises(MediaError, match=r"below' cannot be written, Not a directory"):
        CaptureFolder(file / "below")


def test_a_set_that_is_removed_meanwhile_is_told(tmp_path: Path) -> None:
    captured = CaptureFolder(tmp_path).new_set(FRAME)
    captured.background.unlink()
    captured.path.rmdir()
    with pytest.raises(MediaError, match=r"set0' cannot be written, No such file or directory"):
        captured.add(FRAME)


def test_a_full_disk_leaves_no_set(tmp_path: Path) -> None:
    with file_limit(10), pytest.raises(MediaError, match="File too large"):
        CaptureFolder(tmp_path).new_set(FRAME)
    assert list(tmp_path.iterdir()) == []


def test_a_kill_in_the_middle_leaves_only_whole_files(tmp_path: Path) -> None:
    for count in (1, 4, 5):
        out = tmp_path / str(count)
        with running_process([sys.executable, "-c", _VICTIM, out]) as process:
            end = time.monotonic() + PATIENCE
            while not (out / "set0" / f"{count}.png").exists() and time.monotonic() < end:
                time.sleep(POLL)
            assert process.stop(signal.SIGKILL) == -signal.SIGKILL, process.output()
        names = {file.name for file in (out / "set0").glob("[!.]*")}
        assert names >= {"bkg.png", "0.png", f"{count}.png"}
        for name in names:
            pixels = cv2.imread(str(out / "set0" / name))
            assert pixels is not None, name
            assert pixels.shape == (480, 640, 3), name
