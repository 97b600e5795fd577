"""A few painted pictures in the layout of the training data: skin-coloured stars are hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

SKIN = (205, 150, 120)


def _star(height: int, width: int) -> np.ndarray:
    """Return a mask, 0 or 255, of a palm with four fingers in the picture's upper half."""
    mask = np.zeros((height, width), np.uint8)
    middle = width // 2, height // 3
    cv2.circle(mask, middle, width // 8, 255, -1)
    for shift in (-18, -6, 6, 18):
        tip = middle[0] + shift, middle[1] - height // 4
        cv2.line(mask, middle, tip, 255, 7)
    return mask


def _write(file: Path, rgb: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), rgb if rgb.ndim == 2 else rgb[..., ::-1])


def _painted(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    image = rng.integers(0, 90, (*mask.shape, 3)).astype(np.uint8)
    image[mask > 0] = SKIN
    return image


def _write_boxed(data: Path, number: int, image: np.ndarray, mask: np.ndarray) -> None:
    """Write a photo with a box around its hand, in both notations."""
    height, width = mask.shape
    x, y, w, h = cv2.boundingRect(mask)
    for source in ("roboflow_obb", "subhih"):
        _write(data / "unlabelled" / source / f"{number}.jpg", image)
        (data / "unlabelled" / source / "boxes").mkdir(exist_ok=True)
    corners = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]) / [width, height]
    line = "0 " + " ".join(str(value) for value in corners.ravel())
    (data / f"unlabelled/roboflow_obb/boxes/{number}.txt").write_text(line + "\n")
    oxford = data / "unlabelled/oxford_hands"
    _write(oxford / "images" / f"{number}.jpg", image)
    (oxford / "boxes").mkdir(exist_ok=True)
    (oxford / "boxes" / f"{number}.txt").write_text(line + "\n")
    (data / f"unlabelled/subhih/boxes/{number}.xml").write_text(
        f"<annotation><size><width>{width}</width>\n<height>{height}</height></size>\n"
        f"<object><bndbox><xmin>{x}</xmin>\n<ymin>{y}</ymin>\n"
        f"<xmax>{x + w}</xmax>\n<ymax>{y + h}</ymax></bndbox></object></annotation>\n"
    )


@pytest.fixture(scope="session")
def tiny_sources() -> tuple[str, ...]:
    """Return the names of the sources that `tiny_data` has."""
    return (
        "hgr", "massey", "ccp", "houses", "roboflow_obb", "subhih", "gloves_bare", "ego_table",
        "skin_people", "oxford_hands",
    )  # fmt: skip


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a few pictures of every source."""
    data = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    hand = _star(96, 128)
    arm = hand.copy()
    cv2.rectangle(arm, (54, 32), (74, 95), 255, -1)
    for person in ("id01", "id02", "id10"):
        name = f"1_P_hgr1_{person}_1"
        _write(data / "masked/hgr/images" / f"{name}.jpg", _painted(rng, arm))
        _write(data / "masked/hgr/mask_hand_derived" / f"{name}.png", hand)
        _write(data / "masked/hgr/mask_skin_human" / f"{name}.png", arm)
    for name in ("ralf50", "irllabs20"):
        _write(data / "dev" / name / "images" / "1.jpg", _painted(rng, hand))
        _write(data / "dev" / name / "masks" / "1.png", hand)
    for number in range(1, 7):
        coded = hand.copy()
        coded[80:, :20] = 128
        _write(data / "masked/ccp/images" / f"{number:04}.jpg", _painted(rng, hand))
        _write(data / "masked/ccp/masks" / f"{number:04}.png", coded)
        for source in ("gloves_bare", "ego_table"):
            _write(data / "masked" / source / "images" / f"{number}.jpg", _painted(rng, hand))
            _write(data / "masked" / source / "masks" / f"{number}.png", coded)
        _write(data / "masked/skin_people/images" / f"{number}.jpg", _painted(rng, arm))
        _write(data / "masked/skin_people/skin" / f"{number}.png", arm)
        _write(data / "backgrounds/houses" / f"{number}.jpg", _painted(rng, hand * 0))
        _write(data / "rendered/images" / f"{number}.jpg", _painted(rng, hand))
        ids = np.where(hand > 0, 51, 0).astype(np.uint8) if number > 1 else hand * 0
        _write(data / "rendered/ids" / f"{number}.png", ids)
        _write_boxed(data, number, _painted(rng, hand), hand)
        cutout = np.where(hand[..., None] > 0, np.array(SKIN, np.uint8), np.uint8(0))
        _write(data / "cutouts/massey" / f"hand1_{number}.jpg", cutout)
    return data
