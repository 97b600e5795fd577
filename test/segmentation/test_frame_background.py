"""Guards networks with two inputs: what they are told, when they refuse, and what they compare."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.foreign import GREENER, described, greener, write_description, write_graph

from handseg_ros.segmentation.errors import BackgroundError, ImageError, ModelError
from handseg_ros.segmentation.model_store import DEFAULT_MODEL
from handseg_ros.segmentation.segmenter import Segmenter

GREY = np.full((120, 160, 3), 90, np.uint8)


def _with_green(picture: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    frame = picture.copy()
    frame[rows, columns, 1] += 60
    return frame


@pytest.fixture
def segmenter(tmp_path: Path) -> Segmenter:
    return Segmenter.load(greener(tmp_path / "greener.onnx"))


def test_what_differs_from_the_background_is_found(segmenter: Segmenter) -> None:
    ready = segmenter.with_background(GREY)
    (hand,) = ready.segment(_with_green(GREY, slice(40, 80), slice(20, 70))).hands
    assert (hand.box.x, hand.box.y) == pytest.approx((20, 40), abs=1)
    assert (hand.box.width, hand.box.height) == pytest.approx((50, 40), abs=2)
    assert ready.segment(GREY).hands == ()


def test_the_background_outlives_frames_and_other_backgrounds(segmenter: Segmenter) -> None:
    green = _with_green(GREY, slice(0, 60), slice(0, 80))
    on_grey, on_green = segmenter.with_background(GREY), segmenter.with_background(green)
    for _ in range(2):
        assert len(on_grey.segment(green).hands) == 1
        assert on_green.segment(green).hands == ()
    assert segmenter.lacks_background
    assert not on_grey.lacks_background


def test_without_a_background_there_is_no_answer(segmenter: Segmenter) -> None:
    assert segmenter.takes_background
    with pytest.raises(BackgroundError, match=r"'greener 1'.*has none: give it a picture of"):
        segmenter.segment(GREY)


def test_a_camera_of_another_size_is_refused(segmenter: Segmenter) -> None:
    ready = segmenter.with_background(GREY)
    with pytest.raises(BackgroundError, match=r"frame has 320x240 .* background 160x120.*again"):
        ready.segment(np.zeros((240, 320, 3), np.uint8))


def test_a_background_that_is_no_picture_is_refused(segmenter: Segmenter) -> None:
    with pytest.raises(ImageError, match=r"\(120, 160\)"):
        segmenter.with_background(GREY[..., 0])


def test_a_model_that_compares_nothing_refuses_a_background() -> None:
    hands = Segmenter.load(DEFAULT_MODEL)
    assert not hands.takes_background
    assert not hands.lacks_background
    with pytest.raises(BackgroundError, match=r"'hands .*' takes no background: leave it out"):
        hands.with_background(GREY)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"background": None}, ["'input', 'background'", "that 'input' is its one"]),
        ({"background": "empty"}, ["'input', 'background'", "they are 'input', 'empty'"]),
        ({"background": "input"}, ["'input', 'background'", "they are 'input', 'input'"]),
        ({"dtype": "uint8", "scale": None, "mean": None, "std": None}, ["as 'input'", "uint8"]),
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_refused(
    tmp_path: Path, told: dict[str, Any], words: list[str]
) -> None:
    model = greener(tmp_path / "greener.onnx")
    fields = {name: value for name, value in {**GREENER["input"], **told}.items() if value}
    write_description(model, {**GREENER, "input": fields})
    with pytest.raises(ModelError) as caught:
        Segmenter.load(model)
    for word in words:
        assert word in str(caught.value)


def test_another_family_cannot_feed_a_background(tmp_path: Path) -> None:
    model = greener(tmp_path / "greener.onnx")
    write_description(model, {**GREENER, "family": "semantic"})
    with pytest.raises(ModelError, match=r"gives 'input\.background', which the family 'semantic'"):
        Segmenter.load(model)


def test_the_family_needs_a_background(tmp_path: Path) -> None:
    model = tmp_path / "one.onnx"
    write_graph(model, ("Identity", {}))
    write_description(model, described(family="frame_background"))
    with pytest.raises(ModelError, match=r"lacks 'input\.background', which .*'frame_background'"):
        Segmenter.load(model)
