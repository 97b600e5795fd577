"""Guards what all commands but run write: nothing of what they read, and whole or told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from support.assets import PICTURE, rendered_hands
from support.bags import image_entry, stamp_of, write_bag
from support.disguised import disguise
from support.file_limit import file_limit
from support.labelled import write_clip_folder

from handseg_ros.cli.main import main

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    picture = cv2.resize(rendered_hands(), (160, 120))
    return write_bag(tmp_path / "kitchen", [image_entry("/image", stamp_of(1), picture)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_clip_folder(tmp_path / "set", frames=2, sequences=1)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", ["record-masks", "label-bag"])
@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_bag_s_own_folder_is_not_written_to(
    command: str, resume: list[str], bag: Path, capsys: Printed
) -> None:
    before = contents(bag)
    (bag.parent / "link").symlink_to(bag)
    inside = [bag, *before, bag / "new.mcap", bag.parent / "link" / "new.mcap"]
    for out in inside:
        assert main([command, str(bag), str(out), *resume]) == 1
        assert f"'{out}' is the bag '{bag}' or lies in it" in capsys.readouterr().err
    assert contents(bag) == before


@pytest.mark.parametrize("where", ["images", "masks/report", "../link/images/new"])
def test_a_set_s_pictures_take_no_report(where: str, folder: Path, capsys: Printed) -> None:
    (folder.parent / "link").symlink_to(folder)
    before = contents(folder)
    out = folder / where
    assert main(["evaluate", str(folder), "--out", str(out)]) == 1
    assert f"'{out}' is the set's folder" in capsys.readouterr().err
    assert contents(folder) == before


@pytest.mark.parametrize("where", [".", "report"])
def test_a_set_of_files_of_any_name_takes_no_report(
    where: str, bag: Path, tmp_path: Path, capsys: Printed
) -> None:
    labels = tmp_path / "labels"
    assert main(["label-bag", str(bag), str(labels)]) == 0
    for given, command, name in ((labels / "images", "evaluate", "set"), (bag, "latency", "bag")):
        before = contents(given)
        out = given / where
        assert main([command, str(given), "--out", str(out)]) == 1
        assert f"'{out}' is the {name} '{given}' or lies in it" in capsys.readouterr().err
        assert contents(given) == before


@pytest.mark.parametrize("name", ["report.md", "scores.json", "frames.jsonl"])
def test_a_file_that_is_of_no_evaluation_stays(
    name: str, folder: Path, tmp_path: Path, capsys: Printed
) -> None:
    (tmp_path / name).write_text("a year's work")
    assert main(["evaluate", str(folder), "--out", str(tmp_path)]) == 1
    assert f"has a file '{name}' that is of no evaluation" in capsys.readouterr().err
    assert (tmp_path / name).read_text() == "a year's work"


@pytest.mark.parametrize("option", ["--image", "--background"])
@pytest.mark.parametrize("name", ["net_overlay.png", "net_settings.png"])
def test_import_does_not_overwrite_its_pictures(
    option: str, name: str, tmp_path: Path, capsys: Printed
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"what it holds is not asked yet")
    picture = PICTURE.read_bytes()
    (tmp_path / name).write_bytes(picture)
    (tmp_path / "link.png").symlink_to(name)
    command = ["import", str(tmp_path / "net.onnx"), option, str(tmp_path / "link.png"), "--force"]
    assert main(command) == 1
    assert f"{name}' is the input" in capsys.readouterr().err
    assert (tmp_path / name).read_bytes() == picture


def test_export_does_not_overwrite_its_model(tmp_path: Path, capsys: Printed) -> None:
    model = disguise(tmp_path / "net.onnx", weights=(-0.5, 0.5))
    assert main(["import", str(model)]) == 0
    data = model.read_bytes()
    (tmp_path / "soft.onnx").symlink_to("net.onnx")
    os.link(model, tmp_path / "hard.onnx")
    for name in ("net.onnx", "soft.onnx", "hard.onnx", "../" + tmp_path.name + "/net.onnx"):
        out = tmp_path / name
        assert main(["export", "--model", str(model), "--output", str(out)]) == 1
        assert f"'{out}' is the model itself: give another --output" in capsys.readouterr().err
    assert model.read_bytes() == data


def _record(tmp_path: Path) -> list[str]:
    return ["record-masks", str(tmp_path / "kitchen"), str(tmp_path / "out" / "o.mcap")]


def _label(tmp_path: Path) -> list[str]:
    return ["label-bag", str(tmp_path / "kitchen"), str(tmp_path / "out")]


def _export(tmp_path: Path) -> list[str]:
    return ["export", "--output", str(tmp_path / "out" / "o.onnx")]


def _evaluate(tmp_path: Path) -> list[str]:
    return ["evaluate", str(tmp_path / "set"), "--out", str(tmp_path / "out")]


@pytest.mark.parametrize("command", [_record, _label, _export, _evaluate])
@pytest.mark.parametrize("space", [0, 4_000])
@pytest.mark.usefixtures("bag", "folder")
def test_without_space_nothing_is_said_to_be_written(
    command: Callable[[Path], list[str]], space: int, tmp_path: Path, capsys: Printed
) -> None:
    with file_limit(space):
        code = main(command(tmp_path))
    printed = capsys.readouterr()
    assert code == 1
    assert "cannot be written, File too large" in printed.err
    for word in ("written to", "report:", "MB"):
        assert word not in printed.out
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [path for path in left if "partial" in path.name or path.suffix == ".html"]


def test_import_without_space_leaves_nothing(tmp_path: Path, capsys: Printed) -> None:
    model = disguise(tmp_path / "net.onnx", weights=(-0.5, 0.5))
    with file_limit(4_000):
        assert main(["import", str(model)]) == 1
    assert "cannot be written, File too large" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["net.onnx"]
