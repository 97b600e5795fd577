"""Guards cut-and-paste: masks lie where the pasted hand is seen, forearms are background."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.hands import Side
from handseg_ros.training.copy_paste import (
    PasteConfig,
    occlude,
    paste,
    paste_forearm,
    tint_like_skin,
    without_hand,
)
from handseg_ros.training.data_sources import Cutout
from handseg_ros.training.samples import IGNORE, Sample

PLAIN = PasteConfig((0.3, 0.3), retone=0.0, glove=0.0, shadow=0.0, sleeve=0.0, occlusion=0.0)


def hand_on_arm() -> Cutout:
    """A blue hand above a white forearm; both are opaque."""
    image = np.zeros((80, 40, 3), np.uint8)
    alpha = np.zeros((80, 40), np.uint8)
    alpha[4:76, 8:32] = 255
    hand = alpha.copy()
    hand[40:] = 0
    image[hand > 0] = (0, 0, 255)
    image[40:76, 8:32] = 255
    return Cutout(image, alpha, hand, Side.RIGHT)


def black(ids: int = 0) -> Sample:
    return Sample(np.zeros((120, 160, 3), np.uint8), np.full((120, 160), ids, np.uint8))


def test_the_mask_is_where_the_hand_is_seen_and_the_arm_is_background() -> None:
    pasted = [paste(black(), hand_on_arm(), PLAIN, np.random.default_rng(s)) for s in range(20)]
    shown = [sample for sample in pasted if sample.sides]
    assert len(shown) > 10
    for sample in shown:
        blue = sample.image[..., 2].astype(int) - sample.image[..., 0]
        arm = sample.image[..., 0] > 60
        assert (sample.ids[blue > 0.7 * blue.max()] == 1).mean() > 0.97
        assert not sample.ids[arm & (blue < 10)].any()
        assert (blue[sample.ids == 1] > 0).mean() > 0.97


def test_a_mirrored_paste_is_the_other_side() -> None:
    sides = {
        paste(black(), hand_on_arm(), PLAIN, np.random.default_rng(seed)).sides
        for seed in range(30)
    }
    assert {(Side.LEFT,), (Side.RIGHT,)} <= sides


def test_what_a_pasted_hand_hides_is_known_again() -> None:
    sample = paste(black(IGNORE), hand_on_arm(), PLAIN, np.random.default_rng(1))
    assert set(np.unique(sample.ids)) == {0, 1, IGNORE}


def test_a_second_hand_takes_pixels_from_the_first() -> None:
    first = Sample(np.zeros((120, 160, 3), np.uint8), np.ones((120, 160), np.uint8), (Side.LEFT,))
    both = paste(first, hand_on_arm(), PLAIN, np.random.default_rng(1))
    assert both.sides[0] == Side.LEFT
    assert len(both.sides) == 2
    assert np.count_nonzero(both.ids == 2) > 500
    assert np.count_nonzero(both.ids == 1) + np.count_nonzero(both.ids == 2) < both.ids.size


def test_covered_parts_of_a_hand_are_background_and_nothing_else_changes() -> None:
    ids = np.zeros((120, 160), np.uint8)
    ids[30:90, 50:110] = 1
    sample = Sample(np.zeros((120, 160, 3), np.uint8), ids, (Side.LEFT,))
    texture = np.full((50, 50, 3), 200, np.uint8)
    covered = occlude(sample, texture, np.random.default_rng(3))
    lost = (ids == 1) & (covered.ids == 0)
    assert 0 < np.count_nonzero(lost) < np.count_nonzero(ids)
    assert (covered.image[lost] > 60).all()
    assert (covered.image[covered.ids == 1] < 140).all()


def test_a_forearm_without_its_hand_is_no_hand() -> None:
    arm = without_hand(hand_on_arm())
    assert not arm.hand.any()
    assert not arm.alpha[:40].any()
    assert arm.alpha[50:70].any()
    laid = paste_forearm(black(), hand_on_arm(), PLAIN, np.random.default_rng(2))
    assert laid.image.any()
    assert not laid.ids.any()


def test_skin_tint_keeps_the_picture_but_warms_it() -> None:
    grey = np.tile(np.arange(0, 240, 4, dtype=np.uint8)[:, None, None], (1, 40, 3))
    tinted = tint_like_skin(grey, np.random.default_rng(0))
    assert tinted.shape == grey.shape
    assert (tinted[40:, :, 0] > tinted[40:, :, 2]).all()
    assert tinted[50].mean() > tinted[10].mean()
