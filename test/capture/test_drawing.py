"""Guards the drawn session: what is told can be seen, on any picture, at any size."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handseg_ros.capture.buttons import BUTTONS, Action
from handseg_ros.capture.drawing import draw_capture
from handseg_ros.capture.state import ButtonState, CaptureState, Message, Phase

PLAIN = CaptureState(
    phase=Phase.IDLE,
    action=None,
    seconds_left=0.0,
    averaged=0.0,
    buttons=tuple(ButtonState(button, 0.0, True) for button in BUTTONS),
    message=Message("set0/bkg.png is stored"),
    stored=Path("set0/bkg.png"),
    failed=False,
    is_mirrored=False,
)
COUNTING = replace(PLAIN, phase=Phase.COUNTDOWN, action=Action.BACKGROUND, seconds_left=4.2)
AVERAGING = replace(PLAIN, phase=Phase.AVERAGING, action=Action.BACKGROUND, averaged=0.5)
SIZES = [(480, 640), (240, 320), (1080, 1920), (640, 360)]
LEVELS = [0, 128, 255]


def _frame(size: tuple[int, int], level: int) -> np.ndarray:
    return np.full((*size, 3), level, np.uint8)


def _parts(state: CaptureState, changed: CaptureState) -> tuple[np.ndarray, np.ndarray]:
    """Return where two states differ: rows and columns, in parts of the picture."""
    frame = _frame((480, 640), 90)
    differ = (draw_capture(frame, state) != draw_capture(frame, changed)).any(axis=2)
    rows, columns = np.nonzero(differ)
    return rows / 480, columns / 640


def _brightest_and_darkest(region: np.ndarray) -> tuple[float, float]:
    """Return the relative luminances (WCAG 2) of the lightest and the darkest pixels."""
    linear = np.where(region <= 10, region / 255 / 12.92, ((region / 255 + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.0722, 0.7152, 0.2126])
    return float(luminance.max()), float(np.percentile(luminance, 5))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_labels_can_be_read_on_any_picture(
    size: tuple[int, int], level: int, progress: float
) -> None:
    """The contrast that the Web Content Accessibility Guidelines want of large text is 3."""
    buttons = [replace(each, progress=progress) for each in PLAIN.buttons]
    shown = draw_capture(_frame(size, level), replace(PLAIN, buttons=tuple(buttons)))
    for button in BUTTONS:
        box = button.box(*size)
        inside = shown[box.slices][
            box.height // 8 : -box.height // 8, box.width // 8 : -box.width // 8
        ]
        light, dark = _brightest_and_darkest(inside)
        assert (light + 0.05) / (dark + 0.05) > 4.5


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("level", LEVELS)
def test_sentences_and_countdown_can_be_read_on_any_picture(
    size: tuple[int, int], level: int
) -> None:
    shown = draw_capture(_frame(size, level), COUNTING)
    height, width = size
    middle = shown[int(height * 0.35) : int(height * 0.65), int(width * 0.37) : int(width * 0.63)]
    lowest = shown[int(height * 0.96) :]
    for region in (middle, lowest):
        light, dark = _brightest_and_darkest(region)
        assert (light + 0.05) / (dark + 0.05) > 4.5


def test_a_picture_is_not_changed_by_being_drawn_on() -> None:
    frame = _frame((480, 640), 90)
    draw_capture(frame, COUNTING)
    draw_capture(frame, replace(COUNTING, is_mirrored=True))
    assert (frame == 90).all()


def test_a_hold_fills_its_button_alone() -> None:
    half = replace(PLAIN.buttons[1], progress=0.5)
    rows, columns = _parts(PLAIN, replace(PLAIN, buttons=_with(PLAIN.buttons, 1, half)))
    button = PLAIN.buttons[1].button
    assert button.left - 0.01 <= columns.min() <= columns.max() <= button.left + button.width + 0.01
    assert button.top - 0.01 <= rows.min() <= rows.max() <= button.top + button.height + 0.01
    shown = draw_capture(
        _frame((480, 640), 90), replace(PLAIN, buttons=_with(PLAIN.buttons, 1, half))
    )
    box = button.box(480, 640)
    column = shown[box.y + 5 : box.y + box.height - 5, box.x + 6]
    filled = (column != column[0]).any(axis=1)
    assert filled.mean() == pytest.approx(0.5, abs=0.05)
    assert filled[-1], "it fills from below"


def _with(
    buttons: Sequence[ButtonState], index: int, button: ButtonState
) -> tuple[ButtonState, ...]:
    return (*buttons[:index], button, *buttons[index + 1 :])


def test_a_button_that_cannot_be_pressed_looks_otherwise() -> None:
    dim = replace(PLAIN.buttons[2], is_available=False)
    rows, columns = _parts(PLAIN, replace(PLAIN, buttons=_with(PLAIN.buttons, 2, dim)))
    assert columns.min() >= 0.75
    assert rows.max() <= 0.26


def test_seconds_are_shown_in_the_middle_and_change_once_a_second() -> None:
    rows, columns = _parts(COUNTING, replace(COUNTING, seconds_left=3.9))
    assert 0.35 <= columns.min() <= columns.max() <= 0.65
    assert 0.3 <= rows.min() <= rows.max() <= 0.7
    assert _parts(COUNTING, replace(COUNTING, seconds_left=4.9))[0].size == 0
    assert _parts(COUNTING, replace(COUNTING, action=Action.SAVE))[0].size > 0


def test_an_average_is_shown_as_it_goes_on() -> None:
    rows, columns = _parts(AVERAGING, replace(AVERAGING, averaged=0.75))
    assert columns.min() == pytest.approx(0.5, abs=0.02)
    assert columns.max() == pytest.approx(0.65, abs=0.02)
    assert 0.4 <= rows.min() <= rows.max() <= 0.6


def test_a_long_sentence_is_in_lines_within_the_picture() -> None:
    words = " ".join(["a folder that has no space for it"] * 4)
    long = replace(PLAIN, message=Message(words))
    frame = _frame((480, 640), 255)
    short_rows = _panel_rows(draw_capture(frame, PLAIN))
    shown = draw_capture(frame, long)
    assert _panel_rows(shown) >= 2 * short_rows
    assert not (shown[-_panel_rows(shown) :, -3:] == 255).all(axis=2).any(), "text meets the edge"


def _panel_rows(shown: np.ndarray) -> int:
    return int((shown[:, 2] != 255).any(axis=1).sum())


def test_a_problem_has_a_mark() -> None:
    rows, columns = _parts(PLAIN, replace(PLAIN, message=Message(PLAIN.message.text, True)))
    assert columns.max() < 0.06
    assert rows.min() > 0.85


def test_people_see_themselves_mirrored_and_the_words_are_not() -> None:
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[200:300, :320] = 200
    shown = draw_capture(frame, replace(PLAIN, is_mirrored=True))
    assert (shown[250, 400:] == 200).all()
    assert (shown[250, :300] == 0).all()
    straight = draw_capture(frame, PLAIN)
    np.testing.assert_array_equal(shown[:150], straight[:150])


@pytest.mark.parametrize("size", [(2, 3), (16, 16)])
def test_the_smallest_pictures_are_drawn_on_too(size: tuple[int, int]) -> None:
    for state in (PLAIN, COUNTING, AVERAGING, replace(PLAIN, is_mirrored=True)):
        assert draw_capture(_frame(size, 90), state).shape == (*size, 3)
