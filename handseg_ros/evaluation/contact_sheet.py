"""A contact sheet: pictures with the outlines of known and of found hands, to be looked at."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.media.sinks import write_picture
from handseg_ros.segmentation.drawn_text import drawable
from handseg_ros.segmentation.errors import MediaError

# BGR. A bright green and a red, as pictures of hands hold little of either.
TARGET_COLOUR = (0, 230, 0)
PREDICTION_COLOUR = (40, 40, 255)

_WIDTH, _HEIGHT, _CAPTION = 320, 240, 22
_BACKGROUND = (32, 32, 32)
_TEXT = (235, 235, 235)
_TEXT_SIZE = 0.42


def make_tile(
    image: np.ndarray,
    known: Sequence[np.ndarray],
    found: Sequence[np.ndarray],
    caption: str,
) -> np.ndarray:
    """Return a picture shrunk to a tile, known hands outlined green and found ones red.

    `image` is uint8 (H, W, 3), BGR, and masks are bool (H, W); all tiles have one shape, uint8
    (262, 320, 3). The caption stands below; what is too long of it is cut.
    """
    small = draw_outlines(image, known, found, (_WIDTH, _HEIGHT))
    height, width = small.shape[:2]
    tile = np.full((_HEIGHT + _CAPTION, _WIDTH, 3), _BACKGROUND, np.uint8)
    top, left = (_HEIGHT - height) // 2, (_WIDTH - width) // 2
    tile[top : top + height, left : left + width] = small
    index = 4, _HEIGHT + _CAPTION - 7
    font, text = cv2.FONT_HERSHEY_SIMPLEX, drawable(caption)
    cv2.putText(tile, text, index, font, _TEXT_SIZE, _TEXT, 1, cv2.LINE_AA)
    return tile


def draw_outlines(
    image: np.ndarray,
    known: Sequence[np.ndarray],
    found: Sequence[np.ndarray],
    most: tuple[int, int],
    width: int = 1,
) -> np.ndarray:
    """Return a picture scaled to fit `most` (width, height), known hands green, found ones red.

    `image` is uint8 (H, W, 3), BGR, and masks are bool (H, W); lines are `width` pixels wide.
    """
    scale = min(most[0] / image.shape[1], most[1] / image.shape[0])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for masks, colour in ((known, TARGET_COLOUR), (found, PREDICTION_COLOUR)):
        for mask in masks:
            _outline(small, mask, colour, width)
    return small


def write_sheet(tiles: Sequence[np.ndarray], file: Path, columns: int = 6) -> None:
    """Write tiles of `make_tile` row by row as one picture, whose format the file's name tells.

    Raises ValueError without tiles, MediaError when the file cannot be written.
    """
    if not tiles:
        raise ValueError("a sheet of no pictures is not defined: give at least one")
    check_sheet(file)
    columns = min(columns, len(tiles))
    empty = np.full_like(tiles[0], _BACKGROUND)
    full = [*tiles, *[empty] * (-len(tiles) % columns)]
    rows = [np.hstack(full[first : first + columns]) for first in range(0, len(full), columns)]
    write_picture(file, np.vstack(rows))


def check_sheet(file: Path) -> None:
    """Raise MediaError for a file that no sheet can be written to."""
    if not cv2.haveImageWriter(file.name) or not file.parent.is_dir():
        raise MediaError(
            f"{file} cannot be written: give a name that ends in .png, in a folder that exists and "
            "can be written to"
        )


def _outline(
    picture: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int], width: int
) -> None:
    """Draw the outline of a mask of any size onto a picture, scaled to it."""
    size = picture.shape[1], picture.shape[0]
    scaled = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(scaled, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, contours, -1, colour, width)
