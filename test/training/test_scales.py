"""Guards the sizes of training steps: shares, pixels of a step, names, and that seeds decide."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from handseg_ros.training.scales import make_scales

SHARES = {"192x160": 1.0, "320x256": 2.0, "640x512": 1.0}


def test_every_scale_gets_about_the_same_pixels_a_step() -> None:
    scales = make_scales(SHARES, (256, 320), 16)
    assert scales.sizes == ((160, 192), (256, 320), (512, 640))
    assert scales.batch_sizes == (43, 16, 4)
    assert sum(scales.probabilities) == pytest.approx(1.0)


def test_seed_and_step_decide_and_shares_are_kept() -> None:
    scales = make_scales(SHARES, (256, 320), 16)
    drawn = [scales.at(3, step) for step in range(400)]
    assert drawn == [scales.at(3, step) for step in range(400)]
    assert drawn != [scales.at(4, step) for step in range(400)]
    share = np.mean([size == (256, 320) for size, _ in drawn])
    assert 0.4 < share < 0.6


def test_without_scales_there_is_one_size() -> None:
    scales = make_scales({}, (224, 288), 12)
    assert {scales.at(1, step) for step in range(20)} == {((224, 288), 12)}


@pytest.mark.parametrize(
    ("weights", "complaint"),
    [
        ({"wide": 1.0}, r"'wide' is no size.*320x256"),
        ({"320x250": 1.0}, "'320x250' has a side that is no multiple of 32"),
        ({"320x256": 0.0}, "must be positive"),
    ],
)
def test_scales_that_are_none_are_named(weights: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make_scales(weights, (256, 320), 16)
