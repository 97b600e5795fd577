"""Guards what augmentation must not break: sides in a mirror, ids in a mosaic, masks in light."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Side
from handseg_ros.training.augmentation import CropConfig, mosaic, random_crop
from handseg_ros.training.photometric import random_photometric
from handseg_ros.training.samples import IGNORE, PART, Sample, mirrored


def two_hands() -> Sample:
    """A red left hand on the left, a green right hand on the right."""
    image = np.full((80, 120, 3), 20, np.uint8)
    ids = np.zeros((80, 120), np.uint8)
    ids[20:50, 10:40], ids[30:60, 70:110] = 1, 2
    image[ids == 1], image[ids == 2] = (250, 0, 0), (0, 250, 0)
    return Sample(image, ids, (Side.LEFT, Side.RIGHT))


def test_a_mirror_swaps_left_and_right() -> None:
    seen = mirrored(two_hands())
    assert seen.sides == (Side.RIGHT, Side.LEFT)
    assert seen.ids[30, 119 - 20] == 1
    assert mirrored(Sample(seen.image, seen.ids, (Side.UNKNOWN,))).sides == (Side.UNKNOWN,)
    np.testing.assert_array_equal(mirrored(seen).image, two_hands().image)


def test_frame_and_background_move_together_and_differ_a_little_in_light() -> None:
    coarse = np.random.default_rng(0).integers(60, 200, (10, 15, 3)).astype(np.uint8)
    empty = cv2.resize(coarse, (120, 80), interpolation=cv2.INTER_CUBIC)
    hands = two_hands()
    image = np.where(hands.ids[..., None] > 0, np.uint8(255), empty)
    sample = Sample(image, hands.ids, hands.sides, background=empty)
    style = CropConfig((0.9, 2.0), 25.0, 0.15, 0.5)
    apart = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        view = random_crop(sample, (64, 96), style, rng)
        assert view.background is not None
        elsewhere = cv2.dilate((view.ids > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
        np.testing.assert_array_equal(view.image[elsewhere], view.background[elsewhere])
        lit = random_photometric(view, rng)
        assert lit.background is not None
        assert not np.array_equal(lit.background, view.background)
        light = [part[elsewhere].mean() for part in (lit.image, lit.background)]
        apart.append(abs(light[0] - light[1]))
        # A frame alone is lit as it is beside its background.
        alone = random_photometric(replace(view, background=None), np.random.default_rng(seed))
        both = random_photometric(view, np.random.default_rng(seed))
        np.testing.assert_array_equal(alone.image, both.image)
    assert 0.2 < np.mean(apart) < 12
    tiled = mosaic([sample] * 4).background
    assert tiled is not None
    assert tiled.shape == (160, 240, 3)
    assert mosaic([sample, sample, sample, two_hands()]).background is None


def test_views_keep_pixels_ids_and_sides_together() -> None:
    style = CropConfig((0.9, 2.0), 25.0, 0.15, 0.5)
    mirrored_views = 0
    for seed in range(20):
        view = random_crop(two_hands(), (64, 96), style, np.random.default_rng(seed))
        assert view.image.shape == (64, 96, 3)
        red, green = (view.image[..., channel] > 200 for channel in (0, 1))
        for colour, number in ((red, 1), (green, 2)):
            pure = colour & (view.image.min(axis=2) < 10)
            assert (view.ids[pure] == number).mean() > 0.97 if pure.any() else True
        mirrored_views += view.sides == (Side.RIGHT, Side.LEFT)
    assert 3 < mirrored_views < 17


def test_a_mosaic_of_crowds_has_as_many_hands_as_can_be_numbered() -> None:
    """Hands that a crop does not show take no number; those beyond the last one are unknown."""
    ids = np.zeros((10, 20), np.uint8)
    ids.ravel()[:100] = np.arange(101, 201)
    sides = (Side.UNKNOWN,) * 100 + (Side.LEFT, Side.RIGHT) * 50
    whole = mosaic([Sample(np.zeros((10, 20, 3), np.uint8), ids, sides)] * 4)
    assert whole.sides == ((Side.LEFT, Side.RIGHT) * 127)[: PART - 1]
    assert sorted(np.unique(whole.ids)) == [*range(PART), IGNORE]
    assert np.count_nonzero(whole.ids == IGNORE) == 400 - (PART - 1)


def test_a_mosaic_numbers_hands_anew_and_keeps_ignored_pixels() -> None:
    sample = two_hands()
    unknown = Sample(sample.image, np.full_like(sample.ids, IGNORE))
    part = Sample(sample.image, np.full_like(sample.ids, PART))
    whole = mosaic([sample, unknown, part, sample])
    assert whole.ids.shape == (160, 240)
    assert whole.sides == (Side.LEFT, Side.RIGHT, Side.LEFT, Side.RIGHT)
    np.testing.assert_array_equal(np.unique(whole.ids), [0, 1, 2, 3, 4, PART, IGNORE])
    assert whole.ids[80 + 30, 120 + 20] == 3
    assert (whole.ids[:80, 120:] == IGNORE).all()
    assert (whole.ids[80:, :120] == PART).all()


def test_light_changes_pixels_but_not_where_hands_are() -> None:
    for seed in range(10):
        lit = random_photometric(two_hands(), np.random.default_rng(seed))
        assert lit.image.dtype == np.uint8
        assert not np.array_equal(lit.image, two_hands().image)
        np.testing.assert_array_equal(lit.ids, two_hands().ids)
