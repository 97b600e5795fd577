"""Guards presses by hand: held ones alone, once each, whatever the model misses in between."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from handseg_ros.capture.buttons import BUTTONS, Action, action_at
from handseg_ros.capture.holds import HoldDetector

BKG, SAV, EXT = Action.BACKGROUND, Action.SAVE, Action.END
FREE: dict[Action, float] = {}
RATE = 10


class Watched:
    """A detector that is shown frames, ten a second, and what it said was pressed, by time."""

    def __init__(self, hold: float = 1.0) -> None:
        self.detector = HoldDetector(hold)
        self.pressed: list[tuple[float, Action]] = []
        self.time = 0.0

    def see(
        self, covered: dict[Action, float], seconds: float = 0.1, rate: float = RATE
    ) -> Watched:
        for _ in range(round(seconds * rate)):
            shares = {action: covered.get(action, 0.0) for action in Action}
            if action := self.detector.update(shares, self.time):
                self.pressed.append((round(self.time, 6), action))
            self.time += 1 / rate
        return self

    @property
    def actions(self) -> list[Action]:
        return [action for _, action in self.pressed]


def test_a_hand_that_is_held_presses_after_a_second_and_once() -> None:
    watched = Watched().see(FREE, 1.0).see({BKG: 0.6}, 10.0)
    assert watched.pressed == [(2.0, BKG)]


def test_a_hand_that_passes_by_presses_nothing() -> None:
    watched = Watched().see(FREE, 1.0)
    for _ in range(5):
        watched.see({BKG: 0.6}, 0.9).see(FREE, 0.5).see({SAV: 0.6}, 0.9).see(FREE, 0.5)
    assert watched.pressed == []


def test_it_presses_again_once_it_has_left() -> None:
    watched = Watched().see(FREE, 1.0).see({SAV: 0.6}, 3.0).see(FREE, 0.5).see({SAV: 0.6}, 3.0)
    assert watched.pressed == [(2.0, SAV), (5.5, SAV)]


def test_a_hand_at_the_edge_flickers_no_press() -> None:
    """Between the share that touches and that which leaves it neither comes nor goes."""
    coming = Watched().see(FREE, 1.0).see({BKG: 0.1}, 5.0)
    assert coming.pressed == []
    assert coming.detector.progress(BKG) == 0.0
    staying = Watched().see(FREE, 1.0).see({BKG: 0.6}, 0.5).see({BKG: 0.1}, 5.0)
    assert staying.pressed == [(2.0, BKG)]


def test_what_covers_a_button_from_the_first_frame_on_must_leave_first() -> None:
    watched = Watched().see({EXT: 0.9}, 20.0)
    assert watched.pressed == []
    assert watched.detector.progress(EXT) == 0.0
    watched.see({EXT: 0.9, BKG: 0.6}, 2.0)
    assert watched.pressed == [(21.0, BKG)]
    watched.see(FREE, 1.0).see({EXT: 0.9}, 2.0)
    assert watched.actions == [BKG, EXT]


def test_frames_in_which_the_model_misses_the_hand_delay_the_press_alone() -> None:
    watched = Watched().see(FREE, 1.0).see({BKG: 0.6}, 0.6).see(FREE, 0.3).see({BKG: 0.6}, 3.0)
    assert watched.pressed == [(2.3, BKG)]


def test_of_two_covered_buttons_the_first_counts_alone_until_it_is_left() -> None:
    watched = Watched().see(FREE, 1.0).see({BKG: 0.5}, 0.5).see({BKG: 0.5, EXT: 1.0}, 0.6)
    assert watched.pressed == [(2.0, BKG)]
    watched.see({BKG: 0.5, EXT: 1.0}, 0.9)
    assert watched.actions == [BKG], "the hold on Ext begins where that on Bkg ended"
    watched.see({BKG: 0.5, EXT: 1.0}, 0.3)
    assert watched.actions == [BKG, EXT]


def test_of_two_that_are_covered_at_once_the_more_covered_one_counts() -> None:
    watched = Watched().see(FREE, 1.0).see({BKG: 0.4, SAV: 0.7, EXT: 0.5}, 1.1)
    assert watched.actions == [SAV]


def test_a_camera_that_stands_still_presses_nothing() -> None:
    watched = Watched().see(FREE, 1.0).see({BKG: 0.6}, 0.1)
    watched.time += 30.0
    watched.see({BKG: 0.6}, 0.1)
    assert watched.pressed == []
    assert watched.detector.progress(BKG) == pytest.approx(0.5)


def test_a_slow_model_is_enough() -> None:
    watched = Watched().see(FREE, 2.0, rate=2).see({BKG: 0.6}, 3.0, rate=2)
    assert watched.pressed == [(3.0, BKG)]


def test_progress_goes_up_with_the_hold_and_stays_until_the_hand_has_left() -> None:
    watched = Watched(hold=2.0).see(FREE, 1.0)
    seen = []
    for _ in range(30):
        watched.see({SAV: 0.6})
        seen.append(watched.detector.progress(SAV))
    assert seen[0] == 0.0
    assert seen[10] == pytest.approx(0.5)
    assert _never_falls(seen)
    assert seen[20:] == pytest.approx([1.0] * 10)
    watched.see(FREE, 0.5)
    assert watched.detector.progress(SAV) == 0.0
    assert watched.pressed == [(3.0, SAV)]


def _never_falls(values: Iterable[float]) -> bool:
    array = np.array(list(values))
    return bool((np.diff(array) >= 0).all())


@pytest.mark.parametrize("size", [(480, 640), (1080, 1920), (640, 360), (3, 3)])
def test_coverage_is_the_share_of_a_button_that_is_hand(size: tuple[int, int]) -> None:
    for button in BUTTONS:
        mask = np.zeros(size, np.uint8)
        assert button.coverage(mask) == 0.0
        mask[button.box(*size).slices] = 255
        assert button.coverage(mask) == 1.0
    half = np.zeros((480, 640), np.uint8)
    box = BUTTONS[0].box(480, 640)
    half[box.y : box.y + box.height // 2, box.x : box.x + box.width] = 255
    assert BUTTONS[0].coverage(half) == pytest.approx(0.5)


def test_a_place_is_the_button_there_or_none() -> None:
    for button in BUTTONS:
        centre = button.left + button.width / 2, button.top + button.height / 2
        assert action_at(*centre) is button.action
        assert action_at(button.left - 0.01, centre[1]) is None
        assert action_at(centre[0], button.top + button.height + 0.01) is None
    assert action_at(0.5, 0.9) is None
