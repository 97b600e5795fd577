"""Data sets converted for tests, and read back as others would: by pycocotools."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pycocotools.mask

from handseg_ros.cli.main import main

# A rectangle: left, top, width, height.
Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True)
class ReadArea:
    """An annotation as it stands in the file; `mask` is bool (H, W), None for a box alone."""

    label: str
    mask: np.ndarray | None
    box: list[float]
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Converted:
    """A converted folder: its images by the names of the members, and their areas."""

    folder: Path
    images: dict[str, dict[str, Any]]
    areas: dict[str, list[ReadArea]]
    skipped: dict[str, str]

    def only_area(self, name: str) -> ReadArea:
        (area,) = self.areas[name]
        return area

    def picture(self, name: str) -> bytes:
        return (self.folder / self.images[name]["file_name"]).read_bytes()


def convert(source: Path, format_name: str, out: Path, *options: str) -> Converted:
    """Convert by the command line, which must succeed, and read what came of it."""
    arguments = ["data", "convert", str(source), "--format", format_name, "--out", str(out)]
    assert main([*arguments, *options]) == 0
    return read_converted(out)


def read_converted(out: Path) -> Converted:
    content = json.loads((out / "annotations.json").read_bytes())
    names = {item["id"]: item["name"] for item in content["categories"]}
    files = {Path(item["file_name"]).with_suffix(""): item for item in content["images"]}
    images = {file.relative_to("images").as_posix(): item for file, item in files.items()}
    areas: dict[str, list[ReadArea]] = {name: [] for name in images}
    by_id = {item["id"]: name for name, item in images.items()}
    for item in content["annotations"]:
        area = _area(item, names[item["category_id"]])
        areas[by_id[item["image_id"]]].append(area)
    lines = [json.loads(line) for line in (out / "members.jsonl").read_bytes().splitlines()]
    skipped = {line["name"]: line["skipped"] for line in lines if "skipped" in line}
    return Converted(out, images, areas, skipped)


def _area(item: dict[str, Any], label: str) -> ReadArea:
    attributes = item.get("attributes", {})
    if not item["segmentation"]:
        return ReadArea(label, None, item["bbox"], attributes)
    mask = pycocotools.mask.decode(item["segmentation"]) > 0
    assert item["area"] == np.count_nonzero(mask)
    assert item["bbox"] == list(cv2.boundingRect(mask.astype(np.uint8)))
    return ReadArea(label, mask, item["bbox"], attributes)


def files_in(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder by their paths in it, hidden ones too."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def begun_conversion(whole: Path, folder: Path, members: int) -> Path:
    """Leave a conversion as it is when it is stopped after some members, and return its folder."""
    shutil.copytree(whole, folder)
    (folder / "annotations.json").unlink()
    lines = (whole / "members.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "members.jsonl").write_bytes(b"".join(lines[:members]))
    for line in lines[members:]:
        if file := json.loads(line).get("image", {}).get("file_name"):
            (folder / file).unlink()
    return folder


def write_picture(file: Path, width: int, height: int, seed: int = 0) -> Path:
    """Write a picture of noise, whose bytes no other picture has, and missing folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    assert cv2.imwrite(str(file), pixels)
    return file


def write_mask(file: Path, values: np.ndarray) -> Path:
    """Write values as they are, and missing folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(file), values)
    return file


def rectangles(width: int, height: int, **by_value: Rectangle) -> np.ndarray:
    """Return values with rectangles, uint8 (H, W); `v17=(x, y, w, h)` is one of the value 17."""
    values = np.zeros((height, width), np.uint8)
    for name, (x, y, across, down) in by_value.items():
        values[y : y + down, x : x + across] = int(name.removeprefix("v"))
    return values
