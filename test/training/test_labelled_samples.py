"""Guards what a labelled frame becomes for training: hands, sides, unknown areas, fingerprints."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.frames import GroundTruth
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.augmentation import CropConfig, mosaic, random_crop
from handseg_ros.training.labelled_samples import (
    PackedSample,
    PackedSamples,
    fingerprint,
    sample_of,
)
from handseg_ros.training.samples import IGNORE, Sample
from handseg_ros.training.validation import letterboxed

IMAGE = np.tile(np.arange(60, dtype=np.uint8)[:, None, None], (1, 80, 3))


def test_hands_are_numbered_anew_with_their_sides_and_crowds_are_unknown() -> None:
    ids = np.zeros((60, 80), np.uint8)
    ids[:10], ids[20:30], ids[40:50] = 3, 5, 9
    truth = GroundTruth(ids, True, {3: Side.RIGHT, 9: Side.LEFT}, ignored=frozenset({5}))
    sample = sample_of(IMAGE, truth)
    assert sample.sides == (Side.RIGHT, Side.LEFT)
    assert [int(sample.ids[row, 0]) for row in (5, 25, 45, 55)] == [1, IGNORE, 2, 0]


def test_where_hands_are_labelled_together_each_piece_is_one() -> None:
    ids = np.zeros((60, 80), np.uint8)
    ids[5:20, 5:20] = ids[40:55, 40:60] = 1
    ids[30, 70:73] = 1
    sample = sample_of(IMAGE, GroundTruth(ids, has_instances=False))
    assert sample.sides == (Side.UNKNOWN, Side.UNKNOWN)
    assert sorted({int(sample.ids[10, 10]), int(sample.ids[45, 50])}) == [1, 2]
    assert sample.ids[30, 71] == IGNORE


def test_colours_become_rgb_and_large_pictures_smaller() -> None:
    image = np.zeros((960, 1280, 3), np.uint8)
    image[..., 0] = 200
    sample = sample_of(image, GroundTruth(np.ones((960, 1280), np.uint8), True))
    assert sample.image.shape == (480, 640, 3)
    assert tuple(sample.image[100, 100]) == (0, 0, 200)
    assert set(np.unique(sample.ids)) == {1}


def test_pictures_stay_as_large_as_the_input_that_learns_from_them() -> None:
    image, ids = np.zeros((960, 1280, 3), np.uint8), np.ones((960, 1280), np.uint8)
    sample = sample_of(image, GroundTruth(ids, True), longest=1280)
    assert sample.image.shape == (960, 1280, 3)


@pytest.mark.parametrize("width", [960, 1920, 2400, 3840])
def test_labels_lie_where_the_hand_does_however_far_a_picture_shrinks(width: int) -> None:
    """A bright hand's centre in the small image beside that of its small ids."""
    ids = np.zeros((width * 3 // 4, width), np.uint8)
    cv2.circle(ids, (width // 2, width // 3), width // 8, 1, -1)
    image = np.repeat(ids[..., None] * 255, 3, axis=2)
    sample = sample_of(image, GroundTruth(ids, True))
    fitted = letterboxed(sample, (96, 128))
    for small, most in ((sample, 0.14), (fitted, 0.2)):
        rows, columns = np.nonzero(small.ids)
        light = small.image[..., 0].astype(np.float64)
        light[small.image[..., 0] == 114] = 0  # the letterbox' grey
        seen = [np.average(axis, weights=light) for axis in np.indices(light.shape)]
        assert abs(rows.mean() - seen[0]) < most
        assert abs(columns.mean() - seen[1]) < most


def test_objects_go_through_packing_cropping_and_validation() -> None:
    ids, objects = np.zeros((60, 80), np.uint8), np.zeros((60, 80), bool)
    ids[10:30, 10:30], objects[10:30, 30:50] = 1, True
    packed = PackedSample.of(sample_of(IMAGE, GroundTruth(ids, True, objects=objects)))
    sample = packed.unpack()
    assert sample.objects is not None
    np.testing.assert_array_equal(sample.objects, objects)
    fitted = letterboxed(sample, (30, 40)).objects
    assert fitted is not None
    assert (fitted.shape, int(fitted.sum())) == ((30, 40), 100)
    style = CropConfig(zoom=(1.0, 1.0), rotation=0.0, aspect_jitter=1e-9, hand_focus=0.0)
    for seed in range(4):
        crop = random_crop(sample, (60, 80), style, np.random.default_rng(seed))
        assert crop.objects is not None
        # Moved and mirrored alike: the object stays beside the hand, and as large.
        columns = [np.nonzero(part)[1].mean() for part in (crop.ids == 1, crop.objects)]
        assert abs(abs(columns[0] - columns[1]) - 20) < 2.5
    tiled = mosaic([sample] * 4).objects
    assert tiled is not None
    assert int(tiled.sum()) == 4 * int(objects.sum())
    without = PackedSample.of(sample_of(IMAGE, GroundTruth(ids, True))).unpack()
    assert without.objects is None
    assert mosaic([sample, sample, sample, without]).objects is None


def test_packed_samples_come_back_with_exact_labels() -> None:
    rng = np.random.default_rng(0)
    ids = rng.choice(np.array([0, 1, 2, IGNORE], np.uint8), (40, 50))
    sample = Sample(IMAGE[:40, :50].copy(), ids, (Side.LEFT, Side.UNKNOWN))
    packed = PackedSamples([PackedSample.of(sample)] * 3)
    assert len(packed) == 3
    again = packed[1]
    np.testing.assert_array_equal(again.ids, ids)
    assert again.sides == sample.sides
    assert np.abs(again.image.astype(int) - sample.image).max() <= 3
    assert len(packed[:2]) == 2


def test_one_pixel_makes_another_fingerprint_and_a_shape_too() -> None:
    other = IMAGE.copy()
    other[3, 4, 1] ^= 1
    prints = {
        fingerprint(image) for image in (IMAGE, other, IMAGE.reshape(80, 60, 3), IMAGE.copy())
    }
    assert len(prints) == 3
