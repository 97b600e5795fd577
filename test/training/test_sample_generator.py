"""Guards that a training picture depends on its number alone, and that every source works."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handseg_ros.segmentation.errors import MediaError
from handseg_ros.training.data_sources import TrainingSet, load_training_set
from handseg_ros.training.sample_generator import MixConfig, SampleGenerator
from handseg_ros.training.samples import IGNORE, Sample

HAND_FREE = ("rendered_hand_free", "backgrounds", "forearms")
WITH_HANDS = (
    "rendered", "rendered_close", "hgr", "ccp", "masked", "masked_close", "pasted_on_backgrounds",
    "pasted_on_people",
)  # fmt: skip
SIZE = (64, 96)


@pytest.fixture(scope="module")
def training_set(tiny_data: Path, tiny_sources: tuple[str, ...]) -> TrainingSet:
    return load_training_set(tiny_data, [tiny_data / "rendered"], tiny_sources)


def make(training_set: TrainingSet, weights: dict[str, float], mosaic: float = 0.0) -> list[Sample]:
    generator = SampleGenerator(training_set, MixConfig(weights, mosaic=mosaic), SIZE, seed=5)
    return [generator.make(number) for number in range(12)]


@pytest.mark.parametrize("source", HAND_FREE)
def test_hand_free_sources_have_no_hands(training_set: TrainingSet, source: str) -> None:
    for sample in make(training_set, {source: 1.0}):
        assert sample.image.shape == (*SIZE, 3)
        assert not sample.ids.any()


@pytest.mark.parametrize("source", WITH_HANDS)
def test_other_sources_have_hands(training_set: TrainingSet, source: str) -> None:
    samples = make(training_set, {source: 1.0})
    assert sum(sample.hand.any() for sample in samples) > 8
    for sample in samples:
        known = sample.ids[sample.ids != IGNORE]
        assert known.max() <= len(sample.sides)


def test_the_same_number_gives_the_same_picture(training_set: TrainingSet) -> None:
    weights = {"hgr": 1.0, "pasted_on_people": 1.0}
    first, second = make(training_set, weights, 0.5), make(training_set, weights, 0.5)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.ids, other.ids)
    assert not np.array_equal(first[0].image, first[1].image)


def test_a_picture_can_be_had_at_another_size(training_set: TrainingSet) -> None:
    generator = SampleGenerator(training_set, MixConfig({"hgr": 1.0, "skin": 1.0}), SIZE, seed=5)
    for size in ((96, 128), (32, 64)):
        sample = generator.make(3, size)
        assert sample.image.shape == (*size, 3)
        assert sample.ids.shape == size


def test_what_the_training_set_lacks_is_left_out(tiny_data: Path) -> None:
    lacking = load_training_set(tiny_data, [], ("ccp", "houses"))
    weights = {"rendered": 5.0, "hgr": 5.0, "pasted_on_people": 5.0, "backgrounds": 1.0}
    for sample in make(lacking, weights):
        assert not sample.ids.any()
    with pytest.raises(MediaError, match=r"none of the sample sources.*rendered"):
        make(lacking, {"rendered": 1.0, "forearms": 1.0})


def test_an_unknown_sample_source_is_named(training_set: TrainingSet) -> None:
    with pytest.raises(ValueError, match="spaghetti"):
        SampleGenerator(training_set, MixConfig({"spaghetti": 1.0}), SIZE, seed=1)
