"""Guards labels against pictures of another size or turned by EXIF: the right mask, or a reason."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from handseg_ros.datasets.frame_picture import TURNED_LABEL
from handseg_ros.datasets.frames import Dataset, LabelledFrame
from handseg_ros.datasets.label_options import LabelOptions, LabelOrientation
from handseg_ros.datasets.registry import open_dataset

STORED = (30, 50)
# An L, so that each way to turn it is another: rows and columns of two rectangles.
L_SHAPE = ((slice(4, 24), slice(6, 12)), (slice(18, 24), slice(12, 40)))


def picture(shape: tuple[int, int] = STORED) -> np.ndarray:
    """Return the picture as it is stored, white where the hand is."""
    pixels = np.zeros((*shape, 3), np.uint8)
    for part in L_SHAPE:
        pixels[part] = 255
    return pixels


def write_picture(file: Path, orientation: int, shape: tuple[int, int] = STORED) -> None:
    image, data = Image.fromarray(picture(shape)), io.BytesIO()
    tags = image.getexif()
    tags[274] = orientation
    image.save(data, "JPEG", exif=tags, quality=95)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.getvalue())


def turned(mask: np.ndarray, orientation: int) -> np.ndarray:
    """Return a mask as Pillow turns a picture of that orientation."""
    image = Image.fromarray(mask)
    image.getexif()[274] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def write_masks(folder: Path, mask: np.ndarray) -> Path:
    (folder / "masks").mkdir()
    cv2.imwrite(str(folder / "masks" / "a.png"), mask)
    return folder


def corners(mask: np.ndarray) -> list[list[float]]:
    """Return the outline of a mask along its pixels' edges."""
    big = cv2.copyMakeBorder(np.kron(mask, np.ones((2, 2), np.uint8)), 1, 1, 1, 1, 0)
    (outline,), _ = cv2.findContours(big, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return np.round((outline[:, 0] - 1) / 2 + 0.25).tolist()


def write_coco(folder: Path, mask: np.ndarray, **told: Any) -> Path:
    outline = [value for corner in corners(mask) for value in corner]
    size = {"height": mask.shape[0], "width": mask.shape[1]}
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", **size, **told}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [outline]}],
        "categories": [{"id": 1, "name": "hand"}],
    }
    (folder / "set.json").write_text(json.dumps(content))
    return folder / "set.json"


def write_runs(folder: Path, mask: np.ndarray, **told: Any) -> Path:
    file = write_coco(folder, mask, **told)
    content = json.loads(file.read_text())
    flat = np.concatenate([[0], mask.ravel(order="F") > 0])
    counts = np.diff([0, *np.flatnonzero(np.diff(flat)), mask.size]).tolist()
    runs = {"size": list(mask.shape), "counts": counts}
    content["annotations"][0]["segmentation"] = runs
    file.write_text(json.dumps(content))
    return file


def write_labelme(folder: Path, mask: np.ndarray, **told: Any) -> Path:
    shapes = [{"label": "hand", "points": corners(mask), "shape_type": "polygon"}]
    size = {"imageHeight": mask.shape[0], "imageWidth": mask.shape[1], **told}
    content = {"shapes": shapes, "imagePath": "images/a.jpg", "imageData": None, **size}
    (folder / "a.json").write_text(json.dumps(content))
    (folder / "a.jpg").write_bytes((folder / "images" / "a.jpg").read_bytes())
    (folder / "images" / "a.jpg").unlink()
    content["imagePath"] = "a.jpg"
    (folder / "a.json").write_text(json.dumps(content))
    return folder


WRITERS = {"masks": write_masks, "coco": write_coco, "runs": write_runs, "labelme": write_labelme}
Writer = Callable[..., Path]


def read(path: Path, drawn_on: LabelOrientation = LabelOrientation.AUTO) -> Dataset:
    return open_dataset(path, label_options=LabelOptions(orientation=drawn_on))


def check(frame: LabelledFrame) -> None:
    """The hand is known where the picture is white, to the pixel, and nowhere else."""
    assert frame.ground_truth is not None
    white = frame.image[..., 1] > 127
    np.testing.assert_array_equal(frame.ground_truth.mask, white)
    assert white.any()


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("drawn_on", [LabelOrientation.UPRIGHT, LabelOrientation.STORED])
def test_a_label_lies_on_its_picture_however_that_is_turned(
    kind: str, orientation: int, drawn_on: LabelOrientation, tmp_path: Path
) -> None:
    write_picture(tmp_path / "images" / "a.jpg", orientation)
    mask = picture()[..., 0]
    if drawn_on is LabelOrientation.UPRIGHT:
        mask = turned(mask, orientation)
    path = WRITERS[kind](tmp_path, mask)
    (frame,) = read(path, drawn_on)
    assert frame.image.shape[:2] == turned(picture()[..., 0], orientation).shape
    check(frame)
    labelled = read(path)
    if orientation in (2, 3, 4):  # the sizes are the same, so the label does not tell
        assert list(labelled) == []
        assert f"EXIF orientation {orientation}" in labelled.skipped[0].reason
        assert "--label-orientation" in labelled.skipped[0].reason
        return
    (frame,) = labelled
    check(frame)
    is_turned = orientation > 4 and drawn_on is LabelOrientation.STORED
    assert frame.notes == ((TURNED_LABEL,) if is_turned else ())


@pytest.mark.parametrize("kind", WRITERS)
def test_a_square_picture_that_is_turned_does_not_tell(kind: str, tmp_path: Path) -> None:
    write_picture(tmp_path / "images" / "a.jpg", 6, (50, 50))
    path = WRITERS[kind](tmp_path, picture((50, 50))[..., 0])
    labelled = read(path)
    assert list(labelled) == []
    assert "EXIF orientation 6" in labelled.skipped[0].reason
    (frame,) = read(path, LabelOrientation.STORED)
    check(frame)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("drawn_on", LabelOrientation)
def test_a_picture_that_was_scaled_after_labelling_is_left_out(
    kind: str, drawn_on: LabelOrientation, tmp_path: Path
) -> None:
    write_picture(tmp_path / "images" / "a.jpg", 1, (60, 100))
    labelled = read(WRITERS[kind](tmp_path, picture()[..., 0]), drawn_on)
    assert list(labelled) == []
    assert "50x30 pixels, but its picture 100x60" in labelled.skipped[0].reason


@pytest.mark.parametrize("unknown", [None, 0, "", "50"])
@pytest.mark.parametrize("kind", ["coco", "runs", "labelme"])
def test_a_label_that_tells_no_size_is_its_picture_s(
    kind: str, unknown: Any, tmp_path: Path
) -> None:
    told = ("imageWidth", "imageHeight") if kind == "labelme" else ("width", "height")
    write_picture(tmp_path / "images" / "a.jpg", 1)
    writer: Writer = WRITERS[kind]
    (frame,) = read(writer(tmp_path, picture()[..., 0], **dict.fromkeys(told, unknown)))
    check(frame)
    (tmp_path / "turned").mkdir()
    write_picture(tmp_path / "turned" / "images" / "a.jpg", 6)
    path = writer(tmp_path / "turned", picture()[..., 0], **dict.fromkeys(told, unknown))
    labelled = read(path)
    if kind == "runs":  # they have a size of their own
        check(next(iter(labelled)))
    else:
        assert list(labelled) == []
        assert "--label-orientation" in labelled.skipped[0].reason


def test_masks_of_objects_are_turned_too(tmp_path: Path) -> None:
    write_picture(tmp_path / "images" / "a.jpg", 6)
    path = write_masks(tmp_path, picture()[..., 0])
    (tmp_path / "objects").mkdir()
    cv2.imwrite(str(tmp_path / "objects" / "a.png"), turned(picture()[..., 0], 6))
    (frame,) = read(path)
    assert frame.ground_truth is not None
    assert frame.ground_truth.objects is not None
    np.testing.assert_array_equal(frame.ground_truth.objects, frame.ground_truth.mask)
    cv2.imwrite(str(tmp_path / "objects" / "a.png"), np.zeros((9, 9), np.uint8))
    labelled = read(path)
    assert list(labelled) == []
    assert labelled.skipped[0].reason.startswith("its mask of objects has 9x9 pixels, but its")
