"""Guards what augmentation must not break: sides in a mirror, ids in a mosaic, masks in light."""

from __future__ import annotations

import numpy as np

from handseg_ros.segmentation.hands import Side
from handseg_ros.training.augmentation import CropConfig, mosaic, random_crop, random_photometric
from handseg_ros.training.samples import IGNORE, Sample, mirrored


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


def test_a_mosaic_numbers_hands_anew_and_keeps_ignored_pixels() -> None:
    sample = two_hands()
    unknown = Sample(sample.image, np.full_like(sample.ids, IGNORE))
    whole = mosaic([sample, unknown, unknown, sample])
    assert whole.ids.shape == (160, 240)
    assert whole.sides == (Side.LEFT, Side.RIGHT, Side.LEFT, Side.RIGHT)
    np.testing.assert_array_equal(np.unique(whole.ids), [0, 1, 2, 3, 4, IGNORE])
    assert whole.ids[80 + 30, 120 + 20] == 3
    assert (whole.ids[:80, 120:] == IGNORE).all()


def test_light_changes_pixels_but_not_where_hands_are() -> None:
    for seed in range(10):
        lit = random_photometric(two_hands(), np.random.default_rng(seed))
        assert lit.image.dtype == np.uint8
        assert not np.array_equal(lit.image, two_hands().image)
        np.testing.assert_array_equal(lit.ids, two_hands().ids)
