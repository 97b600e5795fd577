"""Guards what networks answer beside numbers: NaN and infinity make no hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.foreign import bright_breaks, described, write_description, write_graph

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.segmenter import Segmenter

DARK = np.zeros((120, 160, 3), np.uint8)


def test_nan_from_a_bright_frame_is_told_and_the_next_frame_answered(tmp_path: Path) -> None:
    segmenter = Segmenter.load(bright_breaks(tmp_path / "breaks.onnx"))
    before = segmenter.segment(DARK).mask()
    bright = DARK.copy()
    bright[40:60, 40:60] = 255
    with pytest.raises(ModelError) as caught:
        segmenter.segment(bright)
    assert "breaks.onnx gave values that are no finite numbers as 'output'" in str(caught.value)
    assert "scale, mean and std" in str(caught.value)
    np.testing.assert_array_equal(segmenter.segment(DARK).mask(), before)


@pytest.mark.parametrize("operator", ["Log", "Div"])
def test_a_network_that_never_gives_numbers_is_not_loaded(tmp_path: Path, operator: str) -> None:
    model = tmp_path / "never.onnx"
    # The logarithm of a black image's zeros is infinite, and zero by zero is NaN.
    second = {"second": "zero"} if operator == "Div" else {}
    write_graph(model, (operator, second), constants={"zero": 0.0})
    plain = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    write_description(model, described(classes=["a", "hand", "b"], input=plain))
    with pytest.raises(ModelError, match=r"never\.onnx gave values that are no finite numbers"):
        Segmenter.load(model)
