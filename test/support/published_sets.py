"""Small sets in the layouts of published ones: pictures of noise with painted hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scipy.io
from support.converting import write_mask, write_picture

EGOHANDS = ("myleft", "myright", "yourleft", "yourright")
SIDE = 64
_SKIN = (120, 150, 205)


def write_egohands(
    folder: Path,
    videos: Mapping[str, Sequence[Mapping[str, np.ndarray]]],
    size: tuple[int, int] = (64, 36),
) -> Path:
    """Write EgoHands' `metadata.mat` as its README has it, and the frames' pictures.

    Each frame has polygons (N, 2) by the names of `EGOHANDS`; `size` is (width, height).
    """
    kind = [("frame_num", object), *((name, object) for name in EGOHANDS)]
    rows = []
    for video, frames in videos.items():
        labelled = np.zeros((1, len(frames)), dtype=kind)
        for number, hands in enumerate(frames):
            own = (hands.get(name, np.zeros((0, 0))) for name in EGOHANDS)
            labelled[0, number] = (10 * number + 1, *own)
            write_picture(
                folder / "_LABELLED_SAMPLES" / video / f"frame_{10 * number + 1:04d}.jpg",
                *size, number,
            )  # fmt: skip
        rows.append((video, f"{video}_other", "B", "COURTYARD", "CARDS", labelled))
    names = (
        "video_id", "partner_video_id", "ego_viewer_id", "location_id", "activity_id",
        "labelled_frames",
    )  # fmt: skip
    table = np.zeros((1, len(rows)), dtype=[(name, object) for name in names])
    for number, row in enumerate(rows):
        table[0, number] = row
    scipy.io.savemat(folder / "metadata.mat", {"video": table})
    return folder


def _hand(number: int) -> np.ndarray:
    """Return where a hand is, bool (64, 64)."""
    random = np.random.default_rng(number)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(mask, tuple(map(int, random.integers(18, SIDE - 18, 2))), 14, 1, -1)
    return mask > 0


def _write(file: Path, number: int) -> np.ndarray:
    """Write a picture with a hand, and return where that is."""
    write_picture(file, SIDE, SIDE, number)
    picture, hand = cv2.imread(str(file)), _hand(number)
    assert picture is not None
    picture = picture // 3
    picture[hand] = _SKIN
    cv2.imwrite(str(file), picture)
    return hand


def write_rendered_handpose(folder: Path) -> Path:
    """Write pictures to learn from and one to judge by, a right or left hand in each."""
    for split, numbers in (("training", range(15)), ("evaluation", range(15, 16))):
        for number in numbers:
            hand = _write(folder / split / "color" / f"{number:05d}.png", number)
            value = 2 if number % 2 else 18
            values = np.where(hand, value, 0).astype(np.uint8)
            write_mask(folder / split / "mask" / f"{number:05d}.png", values)
    return folder


def write_freihand(folder: Path) -> Path:
    """Write three pictures of a right hand each."""
    for number in range(3):
        hand = _write(folder / "training" / "rgb" / f"{number:08d}.jpg", number)
        mask = np.where(hand[..., None], 255, 0).astype(np.uint8).repeat(3, axis=2)
        write_mask(folder / "training" / "mask" / f"{number:08d}.jpg", mask)
    return folder


def write_ho3d(folder: Path) -> Path:
    """Write two recordings of two frames, a hand (blue) with an object (green) each."""
    for recording in ("MC1", "SM1"):
        for number in range(2):
            own = folder / "train" / recording
            hand = _write(own / "rgb" / f"{number:04d}.jpg", number)
            mask = np.zeros((SIDE, SIDE, 3), np.uint8)
            mask[:12, :12, 1] = 255
            mask[hand] = (255, 0, 0)
            write_mask(own / "seg" / f"{number:04d}.png", mask)
    return folder


def write_egohos(folder: Path) -> Path:
    """Write one frame of each of five videos: a left hand, and what it holds."""
    for number, video in enumerate(("kitchen", "office", "garden", "garage", "street")):
        name = f"{video}_{number:04d}"
        hand = _write(folder / "train" / "image" / f"{name}.jpg", number)
        values = np.zeros((SIDE, SIDE), np.uint8)
        values[:12, :12] = 3
        values[hand] = 1
        write_mask(folder / "train" / "label" / f"{name}.png", values)
    return folder


def write_coco_people(folder: Path) -> Path:
    """Write COCO's two parts of 2017: a person in three pictures of four, a dog in each."""
    for part, numbers in (("train2017", range(6)), ("val2017", range(6, 9))):
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        for number in numbers:
            name = f"{number:012d}.jpg"
            rows, columns = np.nonzero(_write(folder / part / name, number))
            left, top, right, below = columns.min(), rows.min(), columns.max(), rows.max()
            ring = [left, top, right, top, right, below, left, below]
            images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
            for category, polygon in ((1, ring), (18, [0, 0, 9, 0, 9, 9])):
                if category == 18 or number % 4:
                    annotations.append(
                        {
                            "id": len(annotations) + 1, "image_id": number, "iscrowd": 0,
                            "category_id": category, "segmentation": [[int(x) for x in polygon]],
                        }
                    )  # fmt: skip
        categories = [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}]
        content = {"images": images, "annotations": annotations, "categories": categories}
        file = folder / "annotations" / f"instances_{part}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    return folder
