"""Guards a conversion's course: resumed to the same bytes, bounded in memory, never half whole."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from support.converting import (
    begun_conversion,
    convert,
    files_in,
    rectangles,
    write_mask,
    write_picture,
)

from handseg_ros.cli.main import main
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.registry import open_source_set

WIDTH, HEIGHT = 32, 24
MASK = rectangles(WIDTH, HEIGHT, v255=(4, 4, 12, 12))


def write_set(folder: Path, count: int) -> Path:
    for number in range(count):
        write_picture(folder / "images" / f"{number:04d}.jpg", WIDTH, HEIGHT, number)
        write_mask(folder / "masks" / f"{number:04d}.png", np.roll(MASK, number, axis=1))
    return folder


def arguments(source: Path, out: Path) -> list[str]:
    return ["data", "convert", str(source), "--format", "masks", "--out", str(out)]


def test_a_killed_conversion_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    source, out = write_set(tmp_path / "set", 5), tmp_path / "out"
    whole = convert(source, "masks", tmp_path / "whole")
    blocked = source / "images" / "0003.jpg"
    data = blocked.read_bytes()
    blocked.unlink()
    os.mkfifo(blocked)  # reading it waits for a writer that never comes
    process = subprocess.Popen(
        [sys.executable, "-m", "handseg_ros.cli.main", *arguments(source, out)],
        stderr=subprocess.DEVNULL,
    )
    lines = out / "members.jsonl"
    while not lines.exists() or lines.read_bytes().count(b"\n") < 3:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not (out / "annotations.json").exists()
    # what a stop at the worst moments leaves
    with lines.open("ab") as file:
        file.write(b'{"name": "0003", "ima')
    for leftover in (out / "images" / "0003.jpg", out / "images" / ".partial"):
        leftover.write_bytes(data[:100])
    (out / ".annotations.0a1b2c3d.partial.json").write_bytes(b"{")
    blocked.unlink()
    blocked.write_bytes(data)
    convert(source, "masks", out, "--resume")
    assert files_in(out) == files_in(whole.folder)


def test_the_first_picture_after_a_stop_takes_no_other_s_place(tmp_path: Path) -> None:
    source = write_yolo_twins(tmp_path / "set")
    whole = convert(source, "yolo", tmp_path / "whole")
    assert whole.skipped == {"a": "another picture of the set has its name"}
    begun = begun_conversion(whole.folder, tmp_path / "begun", 1)
    convert(source, "yolo", begun, "--resume")
    assert files_in(begun) == files_in(whole.folder)


def write_yolo_twins(folder: Path) -> Path:
    """Write two pictures that lie in two folders and are called the same in the result."""
    for seed, name in enumerate(("images/a", "images/images/a")):
        write_picture(folder / f"{name}.jpg", WIDTH, HEIGHT, seed)
        label = folder / f"{'labels'.join(name.rsplit('images', 1))}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text("0 0.5 0.5 0.2 0.2")
    (folder / "data.yaml").write_text("train: images\nnames: [hand]\n")
    return folder


def test_a_folder_that_is_finished_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = write_set(tmp_path / "set", 1), tmp_path / "out"
    convert(source, "masks", out)
    (out / "annotations.json").write_bytes(b"corrected")
    assert main([*arguments(source, out), "--resume"]) == 0
    assert "is finished: nothing is left to be done" in capsys.readouterr().out
    assert (out / "annotations.json").read_bytes() == b"corrected"


def test_other_folders_and_sets_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = write_set(tmp_path / "set", 2), tmp_path / "out"
    convert(source, "masks", out)
    assert main(arguments(source, out)) == 1
    assert "holds a conversion: go on with it by --resume" in capsys.readouterr().err
    (out / "annotations.json").unlink()
    other = write_set(tmp_path / "other", 1)
    assert main([*arguments(other, out), "--resume"]) == 1
    assert "was begun otherwise (set 'set', now 'other'; " in capsys.readouterr().err
    (source / "images" / "0000.jpg").unlink()
    (source / "masks" / "0000.png").unlink()
    assert main([*arguments(source, out), "--resume"]) == 1
    words = "'0000' was converted before, but the set has '0001' in its place"
    assert words in capsys.readouterr().err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    assert main(arguments(source, tmp_path / "full")) == 1
    assert "holds something already: choose a new folder" in capsys.readouterr().err
    assert main(arguments(source, source / "out")) == 1
    assert "lies in it" in capsys.readouterr().err
    assert main(arguments(tmp_path / "nowhere", tmp_path / "new")) == 1
    assert "does not exist: check its path" in capsys.readouterr().err


def test_nothing_usable_leaves_nothing_that_looks_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = write_set(tmp_path / "set", 2), tmp_path / "out"
    for file in (source / "masks").iterdir():
        file.write_bytes(b"")
    assert main(arguments(source, out)) == 1
    printed = capsys.readouterr().err
    assert "not one picture of" in printed
    assert "the first, 0000, as its mask is truncated" in printed
    assert not (out / "annotations.json").exists()


def test_pictures_are_linked_where_that_is_asked_for(tmp_path: Path) -> None:
    source = write_set(tmp_path / "set", 1)
    linked = convert(source, "masks", tmp_path / "linked", "--link", "--name", "mine")
    copied = convert(source, "masks", tmp_path / "copied")
    file = source / "images" / "0000.jpg"
    assert (linked.folder / "images" / "0000.jpg").samefile(file)
    assert not (copied.folder / "images" / "0000.jpg").samefile(file)
    assert (linked.images["0000"]["source"], copied.images["0000"]["source"]) == ("mine", "set")


def write_freihand(folder: Path, count: int) -> Path:
    for number in range(count):
        write_picture(folder / "training" / "rgb" / f"{number:08d}.jpg", WIDTH, HEIGHT, number)
        write_mask(folder / "training" / "mask" / f"{number:08d}.jpg", MASK)
    return folder


def test_memory_does_not_grow_with_pictures(tmp_path: Path) -> None:
    few = write_freihand(tmp_path / "sets" / "few", 20)
    many = write_freihand(tmp_path / "sets" / "many", 200)
    _peak_of_command(few, tmp_path / "warm")  # what is loaded once
    growth = _peak_of_command(many, tmp_path) - _peak_of_command(few, tmp_path)
    # a picture's bytes and its label are more than 2,000; its name is less than 200
    assert growth < 180 * 200


def _peak_of_command(source: Path, folder: Path) -> int:
    gc.collect()
    tracemalloc.start()
    out = folder / source.name
    assert main(["data", "convert", str(source), "--format", "freihand", "--out", str(out)]) == 0
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_an_export_of_label_studio(tmp_path: Path) -> None:
    drawn = {"type": "brushlabels", "value": {"brushlabels": ["hand"], "rle": "x" * 2000}}
    annotations = [{"result": [drawn]}]
    tasks = ({"data": {"image": f"{k:05d}.jpg"}, "annotations": annotations} for k in range(12_000))
    file = tmp_path / "export.json"
    file.write_text(json.dumps(list(tasks)))
    assert file.stat().st_size > 24e6
    tracemalloc.start()
    try:
        source = open_source_set([file], "label-studio", ConversionOptions())
        count = sum(1 for _ in source.members())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == source.length == 12_000
    assert peak < 8e6
