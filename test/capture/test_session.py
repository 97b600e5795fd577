"""Guards what buttons do to a session: countdowns, the mean of frames, sets, sentences, its end."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.file_limit import file_limit

from handseg_ros.capture.buttons import BUTTONS, Action
from handseg_ros.capture.folder import CaptureFolder
from handseg_ros.capture.session import CaptureOptions, CaptureSession
from handseg_ros.capture.state import CaptureState, Phase

BKG, SAV, EXT = Action.BACKGROUND, Action.SAVE, Action.END
SIZE = (48, 64)
STEP = 0.1


class Session:
    """A session that is stepped ten times a second of a clock that begins somewhere."""

    def __init__(self, path: Path, **options: float | bool) -> None:
        self.path = path
        chosen = {"background_frames": 3, **options}
        self.session = CaptureSession(CaptureFolder(path), CaptureOptions(**chosen))  # type: ignore[arg-type]
        self.ticks = 0
        self.stored: list[str] = []
        self.messages: list[str] = []

    def step(
        self,
        level: int = 100,
        pressed: Action | None = None,
        over: Action | None = None,
        size: tuple[int, int] = SIZE,
    ) -> CaptureState:
        mask = np.zeros(size, np.uint8)
        for button in BUTTONS:
            if button.action is over:
                mask[button.box(*size).slices] = 255
        frame = np.full((*size, 3), level, np.uint8)
        state = self.session.step(frame, mask, 1000.0 + self.ticks * STEP, pressed)
        self.ticks += 1
        if state.stored:
            self.stored.append(str(state.stored.relative_to(self.path)))
        if state.message.text not in self.messages[-1:]:
            self.messages.append(state.message.text)
        return state

    def steps(self, seconds: float, level: int = 100, over: Action | None = None) -> CaptureState:
        for _ in range(round(seconds / STEP)):
            state = self.step(level, over=over)
        return state

    def press(self, action: Action, level: int = 100) -> CaptureState:
        """Press a button and go on until it is done."""
        state = self.step(level, action)
        while state.phase in (Phase.COUNTDOWN, Phase.AVERAGING):
            state = self.step(level)
        return state

    def files(self) -> list[str]:
        return sorted(str(file.relative_to(self.path)) for file in self.path.rglob("*.*"))


def level_of(file: Path) -> int:
    pixels = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.shape == (*SIZE, 3)
    (level,) = np.unique(pixels)
    return int(level)


def test_a_background_comes_after_a_countdown_and_is_the_mean_of_frames(tmp_path: Path) -> None:
    session = Session(tmp_path)
    assert session.step().phase is Phase.IDLE
    state = session.step(pressed=BKG)
    assert (state.phase, state.action, state.seconds_left) == (Phase.COUNTDOWN, BKG, 5.0)
    state = session.steps(4.9)
    assert state.phase is Phase.COUNTDOWN
    assert state.seconds_left == pytest.approx(0.1)
    state = session.step(10)
    assert (state.phase, state.action, state.averaged) == (
        Phase.AVERAGING,
        BKG,
        pytest.approx(1 / 3),
    )
    assert session.step(20).averaged == pytest.approx(2 / 3)
    state = session.step(60)
    assert (state.phase, state.action) == (Phase.IDLE, None)
    assert state.stored == tmp_path / "set0" / "bkg.png"
    assert level_of(state.stored) == 30
    assert state.message.text == "set0/bkg.png is stored: Sav adds frames to it"
    assert session.files() == ["set0/bkg.png"]


def test_frames_go_into_the_current_set_and_another_background_begins_the_next(
    tmp_path: Path,
) -> None:
    session = Session(tmp_path)
    session.press(BKG)
    state = session.step(pressed=SAV)
    assert (state.phase, state.action, state.seconds_left) == (Phase.COUNTDOWN, SAV, 2.0)
    assert state.message.text == "a frame follows for set0"
    session.steps(1.9)
    state = session.step(77)
    assert state.stored == tmp_path / "set0" / "0.png"
    assert level_of(state.stored) == 77
    assert state.message.text == "set0/0.png is stored"
    session.press(SAV)
    session.press(BKG)
    session.press(SAV)
    assert session.stored == [
        "set0/bkg.png", "set0/0.png", "set0/1.png", "set1/bkg.png", "set1/0.png",
    ]  # fmt: skip
    assert session.files() == sorted(session.stored)


def test_delays_are_chosen(tmp_path: Path) -> None:
    session = Session(tmp_path, background_delay=0.5, save_delay=0.0, background_frames=1)
    assert session.step(pressed=BKG).seconds_left == 0.5
    session.steps(0.4)
    assert session.step().stored == tmp_path / "set0" / "bkg.png"
    assert session.step(pressed=SAV).stored == tmp_path / "set0" / "0.png"


def test_a_frame_without_a_background_is_refused_in_a_sentence(tmp_path: Path) -> None:
    session = Session(tmp_path)
    state = session.step()
    assert {each.button.action: each.is_available for each in state.buttons} == {
        BKG: True, SAV: False, EXT: True,
    }  # fmt: skip
    state = session.step(pressed=SAV)
    assert state.phase is Phase.IDLE
    assert state.message.text == "Sav needs a background to go with: press Bkg first"
    assert state.message.is_problem
    session.press(BKG)
    assert all(each.is_available for each in session.step().buttons)
    assert session.files() == ["set0/bkg.png"]


def test_a_hand_in_the_background_is_told_while_it_is_averaged_and_after(tmp_path: Path) -> None:
    session = Session(tmp_path, background_frames=4)
    session.step(pressed=BKG)
    session.steps(4.9)
    assert not session.step().message.is_problem
    state = session.step(over=EXT)
    assert state.message.text == "a hand is in the background: take it out of the picture"
    assert state.message.is_problem
    session.step(over=EXT)
    state = session.step()
    assert state.stored == tmp_path / "set0" / "bkg.png"
    assert state.message.text == (
        "set0/bkg.png is stored, but a hand was in 2 of its 4 frames: press Bkg again"
    )
    assert state.message.is_problem


def test_a_held_hand_presses_and_its_hold_is_told(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.step()
    state = session.steps(0.6, over=BKG)
    assert [each.progress for each in state.buttons] == [pytest.approx(0.5), 0.0, 0.0]
    state = session.steps(0.5, over=BKG)
    assert (state.phase, state.action) == (Phase.COUNTDOWN, BKG)
    assert state.buttons[0].progress == pytest.approx(1.0)
    session.steps(6.0)
    session.steps(1.1, over=SAV)
    session.steps(2.5)
    assert session.steps(1.1, over=EXT).phase is Phase.DONE
    assert session.stored == ["set0/bkg.png", "set0/0.png"]


def test_in_a_mirror_hands_press_what_they_are_seen_over_and_files_are_not_mirrored(
    tmp_path: Path,
) -> None:
    session = Session(tmp_path, is_mirrored=True, background_delay=0.0, background_frames=1)
    assert session.step().is_mirrored
    state = session.steps(1.1, over=EXT)  # on the right for the camera: on the left in the mirror
    assert state.stored == tmp_path / "set0" / "bkg.png"
    ramp = np.broadcast_to(np.arange(SIZE[1], dtype=np.uint8)[None, :, None], (*SIZE, 3)).copy()
    no_hands = np.zeros(SIZE, np.uint8)
    session.session.step(ramp, no_hands, 2000.0, SAV)
    stored = session.session.step(ramp, no_hands, 2003.0).stored
    assert stored is not None
    np.testing.assert_array_equal(cv2.imread(str(stored)), ramp)


def test_another_button_takes_the_place_of_the_one_that_is_counted_down_to(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.press(BKG)
    session.step(pressed=BKG)
    session.steps(1.0)
    state = session.step(pressed=BKG)
    assert state.seconds_left == pytest.approx(3.9), "the same one goes on"
    state = session.step(pressed=SAV)
    assert (state.action, state.seconds_left) == (SAV, 2.0)
    session.steps(8.0)
    assert session.stored == ["set0/bkg.png", "set0/0.png"]


def test_while_a_background_is_averaged_only_the_end_is_heard(tmp_path: Path) -> None:
    session = Session(tmp_path, background_delay=0.0)
    state = session.step(pressed=BKG)
    assert [each.is_available for each in state.buttons] == [False, False, True]
    session.step(pressed=BKG)
    assert session.step(pressed=SAV).stored == tmp_path / "set0" / "bkg.png"
    session.steps(5.0)
    session.step(pressed=BKG)
    state = session.step(pressed=EXT)
    assert state.phase is Phase.DONE
    assert state.message.text == "ended, and the background was not complete: it is not stored"
    assert session.stored == ["set0/bkg.png"]


def test_after_the_end_nothing_is_done(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.step(pressed=BKG)
    assert session.step(pressed=EXT).phase is Phase.DONE
    state = session.step(pressed=BKG)
    assert (state.phase, state.message.text) == (Phase.DONE, "ended")
    assert not any(each.is_available for each in state.buttons)
    assert session.steps(10.0).phase is Phase.DONE
    assert session.files() == []


def test_a_camera_that_changes_its_size_is_told_and_the_session_goes_on(tmp_path: Path) -> None:
    session = Session(tmp_path, background_delay=0.0, save_delay=0.0)
    session.step(pressed=BKG)
    state = session.step(size=(24, 32))
    assert state.failed
    assert "cannot be averaged" in state.message.text
    session.press(BKG)
    state = session.step(pressed=SAV, size=(24, 32))
    assert state.failed
    assert state.message.text == (
        "the frame of 32x24 pixels does not go with set0/bkg.png of 64x48: store another "
        "background first"
    )
    assert session.step(pressed=SAV).stored == tmp_path / "set0" / "0.png"


def test_a_full_disk_is_told_and_the_session_goes_on(tmp_path: Path) -> None:
    session = Session(tmp_path, background_delay=0.0, save_delay=0.0, background_frames=1)
    with file_limit(10):
        state = session.step(pressed=BKG)
    assert state.failed
    assert state.message.is_problem
    assert "set0/bkg.png' cannot be written, File too large" in state.message.text
    assert session.files() == []
    assert session.step(pressed=SAV).message.text.startswith("Sav needs a background")
    assert session.step(pressed=BKG).stored == tmp_path / "set0" / "bkg.png"
    with file_limit(10):
        assert session.step(pressed=SAV).failed
    assert session.files() == ["set0/bkg.png"]
    assert session.step(pressed=SAV).stored == tmp_path / "set0" / "0.png"


def test_frames_of_another_view_do_not_join_the_set_before(tmp_path: Path) -> None:
    """A background that could not be stored leaves no set to add to."""
    session = Session(tmp_path, background_delay=0.0, background_frames=1)
    session.press(BKG)
    with file_limit(10):
        session.press(BKG)
    session.press(SAV)
    assert session.stored == ["set0/bkg.png"]
    assert session.messages[-1].startswith("Sav needs a background")


def test_the_same_frames_and_times_give_the_same_states(tmp_path: Path) -> None:
    def told(path: Path) -> list[tuple[object, ...]]:
        session = Session(path)
        steps = [session.step(over=over) for over in [None] * 3 + [BKG] * 15 + [None] * 70]
        return [(s.phase, s.seconds_left, s.averaged, s.buttons, s.message) for s in steps]

    assert told(tmp_path / "one") == told(tmp_path / "two")
