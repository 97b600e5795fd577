"""A painted folder in the layout of rendered scenes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

PEOPLE: list[dict[str, object]] = [{"tone": 2, "gloved": False}, {"tone": 9, "gloved": True}]


def write_scene(
    folder: Path, scene: str, ids: np.ndarray, people: list[dict[str, object]] | None
) -> None:
    """Write one view of a scene: grey picture, ids and, where people are given, facts."""
    for part in ("images", "ids", "facts"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "images" / f"{scene}_0.jpg"), np.full((*ids.shape, 3), 90, np.uint8))
    levels = np.floor(ids * 25.5 + 0.5).astype(np.uint8)
    cv2.imwrite(str(folder / "ids" / f"{scene}_0.png"), levels)
    if people is not None:
        facts = folder / "facts" / f"{scene}.json"
        facts.write_text(json.dumps({"people": people}), encoding="utf-8")


def write_scenes(folder: Path) -> Path:
    """Write two finished scenes, three hands and none, and one that is being rendered."""
    ids = np.zeros((100, 120), np.uint8)
    ids[10:30, 10:30], ids[10:30, 50:70], ids[60:65, 80:85] = 1, 2, 4
    write_scene(folder, "0001_00000", ids, PEOPLE)
    write_scene(folder, "0001_00001", ids * 0, PEOPLE[:1])
    write_scene(folder, "0001_00002", ids, None)
    return folder
