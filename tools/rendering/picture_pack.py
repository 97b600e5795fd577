"""A small set of rendered pictures to ship, from a large one: `python -m rendering.picture_pack`.

    python -m rendering.picture_pack RENDERED OUT --count 84
    python -m rendering.picture_pack RENDERED OUT --count 60 --skip 36 --glove 30,70,190

RENDERED and OUT are folders as `handseg_ros.datasets.rendered` reads them. With `--glove` all hands
are given gloves of one colour (red, green, blue), and pictures without a large hand are left out.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.datasets.rendered import IDS, IMAGES, METADATA
from handseg_ros.media.atomic_files import write_bytes, write_text
from handseg_ros.media.sinks import write_picture

_QUALITY = 85
_VIEWS = 3
# As a share of the picture: a hand that a person labels with care.
_LARGE = 0.01


def main(arguments: list[str] | None = None) -> int:
    """Write the pack and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m rendering.picture_pack")
    parser.add_argument("rendered", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--skip", type=int, default=0, help="scenes that are left out at the start")
    parser.add_argument("--glove", type=_colour, help="red,green,blue of gloves for all hands")
    options = parser.parse_args(arguments)
    written = 0
    for file in _chosen(options.rendered, options.skip, options.glove is not None):
        if written == options.count:
            break
        _write(file, options.out, options.glove)
        written += 1
    print(f"{written} pictures in {options.out}")
    return 0


def _colour(text: str) -> np.ndarray:
    red, green, blue = (float(part) for part in text.split(","))
    return np.array([blue, green, red], np.float32)


def _chosen(rendered: Path, skip: int, large_only: bool) -> Iterator[Path]:
    for facts in sorted((rendered / METADATA).glob("*.json"))[skip:]:
        views = sorted((rendered / IMAGES).glob(f"{facts.stem}_*.jpg"))
        yield from [file for file in views if not large_only or _is_large(file)][:_VIEWS]


def _is_large(file: Path) -> bool:
    ids = read_mask(_ids_file(file))
    return bool(np.count_nonzero(ids) > _LARGE * ids.size)


def _ids_file(file: Path) -> Path:
    return file.parents[1] / IDS / f"{file.stem}.png"


def _write(file: Path, out: Path, glove: np.ndarray | None) -> None:
    image, ids = read_picture(file), read_mask(_ids_file(file))
    if glove is not None:
        image = with_gloves(image, ids > 0, glove)
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    write_bytes(out / IMAGES / file.name, jpeg.tobytes())
    (out / IDS).mkdir(parents=True, exist_ok=True)
    write_picture(out / IDS / f"{file.stem}.png", ids)
    scene = file.stem.rpartition("_")[0]
    facts = json.loads((file.parents[1] / METADATA / f"{scene}.json").read_text(encoding="utf-8"))
    people = [
        {"tone": person["tone"], "gloved": person["gloved"] or glove is not None}
        for person in facts["people"]
    ]
    write_text(out / METADATA / f"{scene}.json", json.dumps({"people": people}) + "\n")


def with_gloves(image: np.ndarray, hand: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Return the picture, uint8 (H, W, 3), BGR, its hands, bool (H, W), in a colour.

    Light and shade stay, evened out a little, as between skins of any tone and one cloth.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    mean = max(float(grey[hand].mean()), 1.0) if hand.any() else 1.0
    light = np.clip((grey / mean) ** 0.8, 0.15, 1.9)[..., None]
    soft = cv2.GaussianBlur(hand.astype(np.float32), (3, 3), 0)[..., None]
    gloved = np.clip(light * colour, 0, 255)
    return np.clip(image * (1 - soft) + gloved * soft, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    sys.exit(main())
