"""What a person looks at: hands and objects drawn onto the frame, readable on any brightness."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.segmentation.description import HAND, OBJECT, ModelDescription
from handseg_ros.segmentation.drawn_text import TextStyle
from handseg_ros.segmentation.hands import Hand, ObjectRegion, Segmentation, Side

Colour = tuple[int, int, int]

# BGR; told apart by people with any colour vision: after Okabe and Ito, "Color Universal Design"
# (2008), without its black and its yellow, which vanish on dark and on bright images. First come a
# sky blue and a purple brighter than theirs, as what is least like skin and wood; orange and
# vermilion, which are most like them, come last.
COLOURS = (
    (255, 200, 40),
    (200, 80, 230),
    (115, 158, 0),
    (178, 114, 0),
    (0, 159, 230),
    (0, 94, 213),
)
# The yellow left out above: no hand has it, and an outline's dark rim holds it on bright images.
OBJECT_COLOUR = (66, 228, 240)
_DARK = (24, 24, 24)
_BRIGHT = (255, 255, 255)
_TINT = 0.45
_SIDES = {Side.LEFT: "left", Side.RIGHT: "right", Side.UNKNOWN: ""}
# Binary places of an outline's points below the pixel, for OpenCV's `shift`.
_PLACES = 3
# Each point of an outline is the mean of so many pixels of the contour to either side, and left out
# where the line runs this near it anyway; pixels.
_NEIGHBOURS = 2
_DEVIATION = 1.0


class OverlayMode(enum.Enum):
    """How the hands are drawn; `NONE` leaves the frame as it came."""

    NONE = "none"
    MASK = "mask"
    CONTOUR = "contour"
    INSTANCES = "instances"


@dataclass(frozen=True)
class Palette:
    """The colours of classes, BGR: `hand` where all hands have one colour, `thing` for objects."""

    hand: Colour = COLOURS[0]
    thing: Colour = OBJECT_COLOUR

    @classmethod
    def of(cls, description: ModelDescription) -> Palette:
        """Return the colours that a model's description gives its classes, else the usual ones."""
        given = {
            name: (blue, green, red) for name, (red, green, blue) in description.colours.items()
        }
        return cls(given.get(HAND, COLOURS[0]), given.get(OBJECT, OBJECT_COLOUR))


def draw_overlay(
    frame: np.ndarray, segmentation: Segmentation, mode: OverlayMode, palette: Palette | None = None
) -> np.ndarray:
    """Return a copy of the frame, uint8 BGR (height, width, 3), with what was found drawn.

    `MASK` tints all hands in one colour, `CONTOUR` outlines each, `INSTANCES` tints and outlines
    each in a colour of its own and writes its track, side and score beside it. Objects lie below
    the hands, in one colour.
    """
    picture = np.ascontiguousarray(frame).copy()
    palette = palette or Palette()
    for item in segmentation.objects or ():
        if mode in (OverlayMode.MASK, OverlayMode.INSTANCES):
            _tint(picture, item, palette.thing)
        if mode in (OverlayMode.CONTOUR, OverlayMode.INSTANCES):
            _outline(picture, item, palette.thing)
    _draw_hands(picture, segmentation, mode, palette)
    return picture


def _draw_hands(
    picture: np.ndarray, segmentation: Segmentation, mode: OverlayMode, palette: Palette
) -> None:
    if mode is OverlayMode.MASK:
        for hand in segmentation.hands:
            _tint(picture, hand, palette.hand)
    elif mode is OverlayMode.CONTOUR:
        for hand in segmentation.hands:
            _outline(picture, hand, colour_of(hand))
    elif mode is OverlayMode.INSTANCES:
        for hand in segmentation.hands:
            _tint(picture, hand, colour_of(hand))
            _outline(picture, hand, colour_of(hand))
        # Last, so that no neighbour's tint covers a label.
        for hand in segmentation.hands:
            _label(picture, hand, colour_of(hand))


def colour_of(hand: Hand) -> Colour:
    """Return the hand's colour (BGR): its track's, which stays, or its id's where it has none."""
    return COLOURS[((hand.track_id or hand.id) - 1) % len(COLOURS)]


def label_text(hand: Hand) -> str:
    """Return a hand's number, side and score, without what is not known."""
    number = f"#{hand.track_id}" if hand.track_id else ""
    name = f"{number} {_SIDES[hand.side]}".strip() or "hand"
    return f"{name} {hand.score:.2f}"


def _tint(picture: np.ndarray, part: Hand | ObjectRegion, colour: Colour) -> None:
    region = picture[part.box.slices]
    cv2.copyTo(cv2.LUT(region, _tints(colour)), part.mask, region)


@functools.cache
def _tints(colour: Colour) -> np.ndarray:
    """Return what each value of each channel becomes under the colour: uint8 (1, 256, 3)."""
    values = np.arange(256, dtype=np.float32)[None, :, None]
    return np.rint(values * (1.0 - _TINT) + np.array(colour) * _TINT).astype(np.uint8)


def _outline(picture: np.ndarray, part: Hand | ObjectRegion, colour: Colour) -> None:
    found, _ = cv2.findContours(part.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contours = [_smooth(contour, (part.box.x, part.box.y)) for contour in found]
    width = line_width(picture)
    # A dark rim around the colour, so that the line stands out on any background.
    cv2.polylines(picture, contours, True, _DARK, width + 2, cv2.LINE_AA, _PLACES)
    cv2.polylines(picture, contours, True, colour, width, cv2.LINE_AA, _PLACES)


def _smooth(contour: np.ndarray, corner: tuple[int, int]) -> np.ndarray:
    """Return a contour of single pixels, (points, 1, 2), as a line without their steps.

    The points are int32, in parts of a pixel of the whole picture: see `_PLACES`.
    """
    points: np.ndarray = contour.astype(np.float32)
    if len(points) > 4 * _NEIGHBOURS:
        around = cv2.copyMakeBorder(points, _NEIGHBOURS, _NEIGHBOURS, 0, 0, cv2.BORDER_WRAP)
        points = cv2.blur(around, (1, 2 * _NEIGHBOURS + 1))[_NEIGHBOURS:-_NEIGHBOURS]
        # A thick line takes its time by the number of its points.
        points = cv2.approxPolyDP(points, _DEVIATION, closed=True)
    line: np.ndarray = np.rint((points + corner) * 2**_PLACES).astype(np.int32)
    return line


def line_width(picture: np.ndarray) -> int:
    """Return how many pixels a line in a picture is wide, so that it looks the same at any size."""
    shorter: int = min(picture.shape[:2])
    return max(1, round(shorter / 240))


def _label(picture: np.ndarray, hand: Hand, colour: Colour) -> None:
    height, width = picture.shape[:2]
    text = label_text(hand)
    style = TextStyle.of(max(0.4, min(height, width) / 700), _BRIGHT)
    (text_width, text_height), below = style.measure(text)
    pad = max(2, text_height // 3)
    box_width, box_height = text_width + 2 * pad, text_height + below + 2 * pad
    # Above the hand where there is room, else inside its top; always inside the picture.
    x = min(max(0, hand.box.x), max(0, width - box_width))
    y = hand.box.y - box_height if hand.box.y >= box_height else hand.box.y
    y = min(y, max(0, height - box_height))
    cv2.rectangle(picture, (x, y), (x + box_width, y + box_height), _DARK, cv2.FILLED)
    cv2.rectangle(picture, (x, y), (x + pad // 2, y + box_height), colour, cv2.FILLED)
    place = x + pad, y + box_height - below - pad // 2
    style.draw(picture, text, place)
