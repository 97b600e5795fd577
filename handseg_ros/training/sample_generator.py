"""How one training picture is made from the training set: which sources, mixed how often."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np

from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.validation import NotEmpty, StrictFields
from handseg_ros.training.augmentation import CropConfig, mosaic, random_crop
from handseg_ros.training.copy_paste import (
    PasteConfig,
    occlude,
    paste,
    paste_forearm,
    tint_like_skin,
)
from handseg_ros.training.data_sources import Cutout, TrainingSet
from handseg_ros.training.field_types import Positive, Probability
from handseg_ros.training.photometric import random_photometric
from handseg_ros.training.samples import Sample
from handseg_ros.training.scales import Size

# Sample sources that show whole pictures: of which pictures, and which field of the mix crops them.
_WHOLE_PICTURES = {
    "rendered": ("rendered", "crop"),
    "rendered_close": ("rendered", "close_crop"),
    "rendered_hand_free": ("rendered_hand_free", "crop"),
    "hgr": ("hgr", "crop"),
    "ccp": ("ccp", "close_crop"),
    "people": ("ccp", "crop"),
    "box_supervised": ("box_supervised", "crop"),
    "box_supervised_close": ("box_supervised", "close_crop"),
    "masked": ("masked", "crop"),
    "masked_close": ("masked", "close_crop"),
    "skin": ("skin", "crop"),
    "own": ("own", "crop"),
    "own_close": ("own", "close_crop"),
}
_COMPOSED = ("backgrounds", "pasted_on_backgrounds", "pasted_on_people", "forearms")
# Those of labelled sets: whole pictures, and parts around a hand.
OWN_SOURCES = ("own", "own_close")
SAMPLE_SOURCES = (*_WHOLE_PICTURES, *_COMPOSED)


@dataclass(frozen=True)
class MixConfig(StrictFields):
    """How often each sample source is drawn, and how its pictures are augmented.

    `weights` are those of the sample sources, any positive numbers; `cutout_weights` those of the
    sources of pasted hands. What the training set lacks is left out. `mosaic`, `tint` and `blur`
    are probabilities.
    """

    weights: Annotated[Mapping[str, Positive], NotEmpty()]
    cutout_weights: Mapping[str, Positive] = field(
        default_factory=lambda: {"hgr": 2.0, "massey": 1.0}
    )
    mosaic: Probability = 0.1
    tint: Probability = 0.25
    blur: Probability = 0.4
    paste: PasteConfig = field(default_factory=PasteConfig)
    crop: CropConfig = field(default_factory=CropConfig)
    close_crop: CropConfig = field(default_factory=lambda: CropConfig((1.5, 5.0), 20.0, 0.15, 0.7))

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.weights:
            if name not in SAMPLE_SOURCES:
                known = f"is unknown, known are {', '.join(SAMPLE_SOURCES)}"
                raise InvalidFieldError(("weights", name), known)


class SampleGenerator:
    """Makes training pictures of one size; the same seed and number give the same picture."""

    def __init__(self, training_set: TrainingSet, mix: MixConfig, size: Size, seed: int):
        sources: dict[str, Callable[[Size, np.random.Generator], Sample]] = {
            name: self._whole(pictures, getattr(mix, crop))
            for name, (pictures, crop) in _WHOLE_PICTURES.items()
        }
        sources |= {
            "backgrounds": self._background,
            "pasted_on_backgrounds": self._pasted_on_background,
            "pasted_on_people": self._pasted_on_people,
            "forearms": self._forearm,
        }
        self._training_set, self._mix, self._size, self._seed = training_set, mix, size, seed
        self._cutout_sources = {
            name: weight
            for name, weight in mix.cutout_weights.items()
            if training_set.cutouts.get(name)
        }
        available = {name: weight for name, weight in mix.weights.items() if self._has(name)}
        if not available:
            raise MediaError(
                f"the data has none of the sample sources {', '.join(sorted(mix.weights))}: give "
                "the folders of their pictures, or mix others"
            )
        self._sources = [sources[name] for name in available]
        self._probabilities = np.array(list(available.values())) / sum(available.values())

    def make(self, number: int, size: Size | None = None) -> Sample:
        """Return the training picture with this number, of another (height, width) if given."""
        height, width = size or self._size
        rng = np.random.default_rng((self._seed, number))
        if rng.random() < self._mix.mosaic:
            sample = mosaic([self._draw((height // 2, width // 2), rng) for _ in range(4)])
        else:
            sample = self._draw((height, width), rng)
        return random_photometric(sample, rng, self._mix.blur)

    def _draw(self, size: Size, rng: np.random.Generator) -> Sample:
        return self._sources[rng.choice(len(self._sources), p=self._probabilities)](size, rng)

    def _pick(self, source: str, rng: np.random.Generator) -> Sample:
        items = self._training_set.samples[source]
        return items[int(rng.integers(len(items)))]

    def _has(self, source: str) -> bool:
        """Whether the training set holds what a sample source is made of."""
        samples, cutouts = self._training_set.samples, self._training_set.cutouts
        needs: dict[str, tuple[object, ...]] = {
            "people": (samples.get("ccp"),),
            "rendered_close": (samples["rendered"],),
            "box_supervised_close": (samples["box_supervised"],),
            "masked_close": (samples["masked"],),
            "own_close": (samples.get("own"),),
            "pasted_on_backgrounds": (samples["backgrounds"], self._cutout_sources),
            "pasted_on_people": (samples.get("ccp"), self._cutout_sources),
            "forearms": (samples["backgrounds"], cutouts.get("hgr")),
        }
        return all(needs.get(source, (samples.get(source),)))

    def _cutout(self, source: str, rng: np.random.Generator) -> Cutout:
        items = self._training_set.cutouts[source]
        return items[int(rng.integers(len(items)))]

    def _any_cutout(self, rng: np.random.Generator) -> Cutout:
        names, weights = list(self._cutout_sources), np.array(list(self._cutout_sources.values()))
        return self._cutout(names[rng.choice(len(names), p=weights / weights.sum())], rng)

    def _whole(
        self, source: str, style: CropConfig
    ) -> Callable[[Size, np.random.Generator], Sample]:
        return lambda size, rng: random_crop(self._pick(source, rng), size, style, rng)

    def _background(self, size: Size, rng: np.random.Generator) -> Sample:
        sample = random_crop(self._pick("backgrounds", rng), size, self._mix.crop, rng)
        if rng.random() < self._mix.tint:
            return replace(sample, image=tint_like_skin(sample.image, rng))
        return sample

    def _pasted_on_background(self, size: Size, rng: np.random.Generator) -> Sample:
        return self._with_hands(self._background(size, rng), rng)

    def _pasted_on_people(self, size: Size, rng: np.random.Generator) -> Sample:
        people = random_crop(self._pick("ccp", rng), size, self._mix.close_crop, rng)
        return self._with_hands(people, rng)

    def _with_hands(self, sample: Sample, rng: np.random.Generator) -> Sample:
        for _ in range(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])):
            sample = paste(sample, self._any_cutout(rng), self._mix.paste, rng)
        if rng.random() < self._mix.paste.occlusion:
            sample = occlude(sample, self._pick("backgrounds", rng).image, rng)
        return sample

    def _forearm(self, size: Size, rng: np.random.Generator) -> Sample:
        sample = self._background(size, rng)
        return paste_forearm(sample, self._cutout("hgr", rng), self._mix.paste, rng)
