"""Guards numbers of labels: none that is no number of the picture reaches pycocotools."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pycocotools.mask
import pytest

from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.polygons import polygons_mask, runs_mask

SHAPE = (24, 32)
SQUARE = [4, 4, 20, 4, 20, 16, 4, 16]
NAN, INFINITY = float("nan"), float("inf")
# What stands in a file's `segmentation`, and what is said of its frame.
BAD: dict[str, tuple[Any, str]] = {
    "nan": ([[4, 4, NAN, 16, 9, 9]], "no finite number"),
    "infinity": ([[4, 4, INFINITY, 16, 9, 9]], "no finite number"),
    "minus infinity": ([[4, 4, 9, -INFINITY, 9, 9]], "no finite number"),
    "huge": ([[4, 4, 2.1e8, 3.5e8, 9, 9]], "lies far outside"),
    "beyond 64 bits": ([[4, 4, 10**30, 3, 9, 9]], "lies far outside"),
    "far left": ([[4, 4, -1e8, 16, 9, 9]], "lies far outside"),
    "text": ([[4, 4, "9", 16, 9, 9]], "no finite number"),
    "null": ([[4, 4, None, 16, 9, 9]], "no finite number"),
    "nested": ([[[4, 4], [9, 9], [4, 9]]], "no finite number"),
    "words": ("a square", "no list of numbers"),
    "objects": ([{"x": 1}], "no finite number"),
    "a number": (7, "no outline"),
    "two corners": ([[4, 4, 9, 9]], "fewer than three corners"),
    "odd": ([[4, 4, 9, 9, 4, 9, 5]], "fewer than three corners"),
    "shares": ([[0.1, 0.1, 0.5, 0.1, 0.5, 0.6]], "shares of the picture"),
    "none": ([], "a box alone"),
    "negative run": ({"size": [24, 32], "counts": [-5, 773]}, "do not add up"),
    "short runs": ({"size": [24, 32], "counts": [10, 5]}, "do not add up"),
    "long runs": ({"size": [24, 32], "counts": [0, 3840000]}, "do not add up"),
    "endless run": ({"size": [24, 32], "counts": [0, 1e300]}, "do not add up"),
    "part of a pixel": ({"size": [24, 32], "counts": [0.5, 767.5]}, "no numbers"),
    "runs of text": ({"size": [24, 32], "counts": ["0", "768"]}, "no numbers"),
    "no counts": ({"size": [24, 32]}, "no numbers"),
    "garbage": ({"size": [24, 32], "counts": "garbage!!~~~zz"}, "are damaged"),
    "cut off": ({"size": [24, 32], "counts": "Pooo"}, "are damaged"),
    "letters": ({"size": [24, 32], "counts": "äöü"}, "are damaged"),
    "endless number": ({"size": [24, 32], "counts": "o" * 99}, "are damaged"),
    "empty text": ({"size": [24, 32], "counts": ""}, "do not add up"),
    "another size": ({"size": [32, 24], "counts": [768]}, "not of its picture's size"),
    "size of text": ({"size": "24x32", "counts": [768]}, "not of its picture's size"),
    "no size": ({"counts": [768]}, "not of its picture's size"),
}
_READ = """
import json, sys
from pathlib import Path
from handseg_ros.datasets.registry import open_dataset
labelled = open_dataset(Path(sys.argv[1]))
names = [frame.name for frame in labelled]
print(json.dumps([names, {item.name: item.reason for item in labelled.skipped}]))
"""


def read_elsewhere(path: Path) -> tuple[list[str], dict[str, str]]:
    """Return the frames' names and what was skipped, read by a process that may crash."""
    command = [sys.executable, "-c", _READ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    names, skipped = json.loads(done.stdout)
    return names, skipped


def test_a_bad_number_costs_its_frame_alone(tmp_path: Path) -> None:
    segmentations = {"good": [SQUARE], **{name: value for name, (value, _) in BAD.items()}}
    images, annotations = [], []
    for number, (name, segmentation) in enumerate(segmentations.items(), start=1):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((*SHAPE, 3), np.uint8))
        images.append({"id": number, "file_name": f"{name}.png", "height": 24, "width": 32})
        annotations += [
            {"id": 2 * number + place, "image_id": number, "category_id": 1, "segmentation": own}
            for place, own in enumerate((segmentation, [SQUARE]))
        ]
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "hand"}],
    }
    (tmp_path / "set.json").write_text(json.dumps(content))
    names, skipped = read_elsewhere(tmp_path / "set.json")
    assert names == ["good"]
    assert set(skipped) == set(BAD)
    for name, (_, reason) in BAD.items():
        assert reason in skipped[name], name


def test_labelme_s_numbers_are_checked_too(tmp_path: Path) -> None:
    points = {
        "good": [[4, 4], [20, 4], [20, 16]],
        "nan": [[4, 4], [NAN, 4], [20, 16]],
        "infinity": [[4, 4], [INFINITY, 4], [20, 16]],
        "huge": [[4, 4], [2.1e8, 3.5e8], [20, 16]],
        "text": [[4, 4], ["a", 4], [20, 16]],
        "three": [[4, 4, 4], [2, 4], [20, 16]],
    }
    for name, own in points.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((*SHAPE, 3), np.uint8))
        shapes = [{"label": "hand", "points": own, "shape_type": "polygon"}]
        content = {"shapes": shapes, "imagePath": f"{name}.png", "imageData": None}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    names, skipped = read_elsewhere(tmp_path)
    assert names == ["good"]
    assert set(skipped) == set(points) - {"good"}
    assert "lies far outside" in skipped["huge"]


def test_corners_a_little_outside_are_cut_off() -> None:
    mask = polygons_mask([[-10, -10, 50, -10, 50, 40, -10, 40]], SHAPE)
    assert mask.all()


@pytest.mark.parametrize("seed", range(20))
def test_run_lengths_are_read_as_pycocotools_reads_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    mask = np.kron(random.integers(0, 2, (6, 8)), np.ones((4, 4), int)).astype(np.uint8)
    mask[random.random(SHAPE) < 0.05 * (seed % 2)] = 1
    packed = pycocotools.mask.encode(np.asfortranarray(mask))
    text = packed["counts"].decode()
    np.testing.assert_array_equal(runs_mask({"size": [24, 32], "counts": text}, SHAPE), mask > 0)
    flat = np.concatenate([[0], mask.ravel(order="F")])
    counts = np.diff([0, *np.flatnonzero(np.diff(flat)), mask.size]).tolist()
    np.testing.assert_array_equal(runs_mask({"size": [24, 32], "counts": counts}, SHAPE), mask > 0)


@pytest.mark.parametrize("seed", range(50))
def test_any_text_of_run_lengths_is_a_mask_or_a_reason(seed: int) -> None:
    random = np.random.default_rng(seed)
    text = "".join(map(chr, random.integers(45, 115, random.integers(1, 12))))
    try:
        mask = runs_mask({"size": [24, 32], "counts": text}, SHAPE)
    except UnusableError:
        return
    assert mask.shape == SHAPE
