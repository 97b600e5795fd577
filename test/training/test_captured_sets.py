"""Guards what is captured as training data: with masks added, frames and backgrounds train."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import yaml
from support.held_hand import HEIGHT, WIDTH, hand_over, wall
from support.view_sets import views_configuration

from handseg_ros.capture.buttons import Action
from handseg_ros.capture.folder import CaptureFolder
from handseg_ros.capture.session import CaptureOptions, CaptureSession
from handseg_ros.cli.main import main
from handseg_ros.segmentation.segmenter import Segmenter

_OPTIONS = CaptureOptions(background_delay=0.0, save_delay=0.0, background_frames=2)


def _capture(out: Path, lights: Sequence[int]) -> Path:
    """Store a set in each light, of a background and two frames, with the masks of their hands."""
    nobody = np.zeros((HEIGHT, WIDTH), np.uint8)
    session = CaptureSession(CaptureFolder(out), _OPTIONS)
    for number, light in enumerate(lights):
        empty = wall() + np.uint8(light)
        hands = [hand_over(action) + np.uint8(light) for action in (Action.SAVE, Action.END)]
        pressed = [
            (empty, Action.BACKGROUND),
            (empty, None),
            *((hand, Action.SAVE) for hand in hands),
        ]
        for time, (frame, action) in enumerate(pressed, start=10 * number):
            stored = session.step(frame, nobody, time, action).stored
            if stored and action is Action.SAVE:
                differs = cv2.absdiff(frame, empty).max(axis=2) > 12
                mask = np.where(differs, np.uint8(255), np.uint8(0))
                cv2.imwrite(str(stored.with_name(f"{stored.stem}_mask.png")), mask)
    return out


def test_a_network_learns_from_captured_sets(tmp_path: Path) -> None:
    for name, lights in (("train", (0, 30)), ("held_out", (60,))):
        captured = str(_capture(tmp_path / f"{name}_sets", lights))
        convert = ["data", "convert", captured, "--format", "frame-background"]
        assert main([*convert, "--out", str(tmp_path / name)]) == 0
    whole = views_configuration(tmp_path / "train", tmp_path / "held_out", steps=6)
    (tmp_path / "views.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    train = ["train", str(tmp_path / "views.yaml"), "--out", str(tmp_path / "run")]
    assert main([*train, "--workers", "0", "--threads", "1"]) == 0
    background = cv2.imread(str(tmp_path / "train_sets" / "set0" / "bkg.png"))
    assert background is not None
    segmenter = Segmenter.load(tmp_path / "run" / "views.onnx").with_background(background)
    assert segmenter.segment(hand_over(Action.SAVE)).mask().shape == (HEIGHT, WIDTH)
