"""A capture session drawn over the camera's picture: buttons, countdown, what is told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import cv2
import numpy as np

from handseg_ros.capture.state import ButtonState, CaptureState, Message, Phase
from handseg_ros.segmentation.drawn_text import TextStyle
from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.overlay import COLOURS, line_width

# BGR; all but the white of texts lie on panels, so that they can be read on any picture.
_WHITE, _GREY = (255, 255, 255), (180, 180, 180)
# A blue dark enough for white on it, a bright one for lines and words on a panel, an orange.
_DONE, _ACTIVE, _PROBLEM = COLOURS[3], COLOURS[0], COLOURS[4]
# How bright a panel is, and how much of it covers the picture.
_PANEL, _OPACITY = 24, 0.8
# Sizes of texts, in parts of the picture's shorter side at OpenCV's scale 1.
_LABEL, _SENTENCE, _COUNT = 1 / 450, 1 / 650, 1 / 110
_SMALLEST = 0.35


def draw_capture(picture: np.ndarray, state: CaptureState) -> np.ndarray:
    """Return a picture, uint8 BGR (height, width, 3), with a session's state drawn over it.

    It is the camera's, at any size, and may have hands drawn in it; it is turned into its mirror
    image first where the state says so. What is given stays as it is.
    """
    shown = np.ascontiguousarray(picture[:, ::-1]) if state.is_mirrored else picture.copy()
    for button in state.buttons:
        _draw_button(shown, button)
    if state.phase is Phase.COUNTDOWN and state.action is not None:
        _draw_countdown(shown, state.action.value, state.seconds_left)
    elif state.phase is Phase.AVERAGING:
        _draw_bar(shown, state.averaged)
    _draw_message(shown, state.message)
    return shown


def _draw_button(picture: np.ndarray, state: ButtonState) -> None:
    box = state.button.box(*picture.shape[:2])
    _darken(picture, box)
    filled = round(box.height * state.progress)
    _fill(picture, Box(box.x, box.y + box.height - filled, box.width, filled), _DONE)
    line = line_width(picture)
    edge = _ACTIVE if state.progress else _WHITE if state.is_available else _GREY
    corner = box.x + box.width - 1, box.y + box.height - 1
    cv2.rectangle(picture, (box.x, box.y), corner, edge, line)
    style = _style(picture, _LABEL, _WHITE if state.is_available else _GREY)
    _draw_centred(picture, state.button.action.value, box, style)


def _draw_countdown(picture: np.ndarray, name: str, seconds_left: float) -> None:
    """Write the seconds, in the middle."""
    height, width = picture.shape[:2]
    box = Box(int(width * 0.35), int(height * 0.3), int(width * 0.3), int(height * 0.4))
    _darken(picture, box)
    text = str(max(1, math.ceil(seconds_left)))
    _draw_centred(picture, text, box, _style(picture, _COUNT, _WHITE))
    head = Box(box.x, box.y, box.width, box.height // 5)
    _draw_centred(picture, name, head, _style(picture, _LABEL, _ACTIVE))


def _draw_bar(picture: np.ndarray, share: float) -> None:
    """Draw how much of an average is done, in the middle."""
    height, width = picture.shape[:2]
    box = Box(int(width * 0.2), int(height * 0.47), int(width * 0.6), max(1, int(height * 0.06)))
    _darken(picture, box)
    _fill(picture, Box(box.x, box.y, round(box.width * share), box.height), _DONE)
    corner = box.x + box.width - 1, box.y + box.height - 1
    cv2.rectangle(picture, (box.x, box.y), corner, _WHITE, line_width(picture))


def _draw_message(picture: np.ndarray, message: Message) -> None:
    """Write a sentence along the lower edge, in as many lines as it needs."""
    height, width = picture.shape[:2]
    style = _style(picture, _SENTENCE, _WHITE)
    (_, above), below = style.measure("Bg")
    pad = max(2, above // 2)
    mark = 2 * pad
    lines = _wrapped(message.text, style, width - 2 * pad - mark)
    step = above + below + pad // 2
    tall = min(height, step * len(lines) + 2 * pad)
    _darken(picture, Box(0, height - tall, width, tall))
    if message.is_problem:
        _fill(picture, Box(0, height - tall, mark, tall), _PROBLEM)
    for index, line in enumerate(lines):
        style.draw(picture, line, (mark + pad, height - tall + pad + above + index * step))


def _wrapped(text: str, style: TextStyle, width: int) -> list[str]:
    """Return a text in lines that are no wider, where its words let it."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and style.measure(longer)[0][0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _draw_centred(picture: np.ndarray, text: str, box: Box, style: TextStyle) -> None:
    (width, height), _ = style.measure(text)
    left, base = box.x + (box.width - width) // 2, box.y + (box.height + height) // 2
    style.draw(picture, text, (left, base))


def _style(picture: np.ndarray, scale: float, colour: tuple[int, int, int]) -> TextStyle:
    return TextStyle.of(max(_SMALLEST, scale * min(picture.shape[:2])), colour)


def _darken(picture: np.ndarray, box: Box) -> None:
    region = picture[box.slices]
    if region.size:
        region[:] = cv2.convertScaleAbs(region, alpha=1.0 - _OPACITY, beta=_OPACITY * _PANEL)


def _fill(picture: np.ndarray, box: Box, colour: tuple[int, int, int]) -> None:
    picture[box.slices] = colour
