"""How one training picture is made from the collection: which sources, mixed how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from handseg_ros.training.augmentation import ViewStyle, mosaic, random_light, random_view
from handseg_ros.training.composition import (
    PasteStyle,
    cover,
    lay_forearm,
    paste,
    tinted_like_skin,
)
from handseg_ros.training.datasets import Collection, Cutout
from handseg_ros.training.samples import Sample
from handseg_ros.training.scales import Size


@dataclass(frozen=True)
class Recipe:
    """Shares of the ingredients (any positive numbers) and how each is treated.

    `cutouts` are the shares of the sources of pasted hands. An ingredient or a source that the
    collection lacks is left out.
    """

    shares: Mapping[str, float]
    cutouts: Mapping[str, float] = field(default_factory=lambda: {"hgr": 2.0, "massey": 1.0})
    mosaic: float = 0.1
    tint: float = 0.25
    blur: float = 0.4
    paste: PasteStyle = field(default_factory=PasteStyle)
    view: ViewStyle = field(default_factory=ViewStyle)
    close_view: ViewStyle = field(default_factory=lambda: ViewStyle((1.5, 5.0), 20.0, 0.15, 0.7))


class Kitchen:
    """Makes training pictures of one size; the same seed and number give the same picture."""

    def __init__(self, collection: Collection, recipe: Recipe, size: Size, seed: int):
        dishes: dict[str, Callable[[Size, np.random.Generator], Sample]] = {
            "rendered": self._whole("rendered", recipe.view),
            "rendered_close": self._whole("rendered", recipe.close_view),
            "rendered_hand_free": self._whole("rendered_hand_free", recipe.view),
            "hgr": self._whole("hgr", recipe.view),
            "ccp": self._whole("ccp", recipe.close_view),
            "people": self._whole("ccp", recipe.view),
            "boxed": self._whole("boxed", recipe.view),
            "boxed_close": self._whole("boxed", recipe.close_view),
            "masked": self._whole("masked", recipe.view),
            "masked_close": self._whole("masked", recipe.close_view),
            "skin": self._whole("skin", recipe.view),
            "backgrounds": self._background,
            "pasted_on_backgrounds": self._pasted_on_background,
            "pasted_on_people": self._pasted_on_people,
            "forearms": self._forearm,
        }
        unknown = set(recipe.shares) - set(dishes)
        if unknown:
            raise ValueError(f"unknown ingredients {sorted(unknown)}, known are {sorted(dishes)}")
        self._collection, self._recipe, self._size, self._seed = collection, recipe, size, seed
        self._cutout_sources = {
            name: share for name, share in recipe.cutouts.items() if collection.cutouts.get(name)
        }
        available = {name: share for name, share in recipe.shares.items() if self._has(name)}
        if not available:
            raise ValueError(f"the data has none of the ingredients {sorted(recipe.shares)}")
        self._dishes = [dishes[name] for name in available]
        self._chances = np.array(list(available.values())) / sum(available.values())

    def make(self, number: int, size: Size | None = None) -> Sample:
        """Return the training picture with this number, of another (height, width) if given."""
        height, width = size or self._size
        rng = np.random.default_rng((self._seed, number))
        if rng.random() < self._recipe.mosaic:
            sample = mosaic([self._dish((height // 2, width // 2), rng) for _ in range(4)])
        else:
            sample = self._dish((height, width), rng)
        return random_light(sample, rng, self._recipe.blur)

    def _dish(self, size: Size, rng: np.random.Generator) -> Sample:
        return self._dishes[rng.choice(len(self._dishes), p=self._chances)](size, rng)

    def _pick(self, source: str, rng: np.random.Generator) -> Sample:
        items = self._collection.samples[source]
        return items[rng.integers(len(items))]

    def _has(self, ingredient: str) -> bool:
        """Whether the collection holds what an ingredient is made of."""
        samples, cutouts = self._collection.samples, self._collection.cutouts
        needs: dict[str, tuple[object, ...]] = {
            "people": (samples.get("ccp"),),
            "rendered_close": (samples["rendered"],),
            "boxed_close": (samples["boxed"],),
            "masked_close": (samples["masked"],),
            "pasted_on_backgrounds": (samples["backgrounds"], self._cutout_sources),
            "pasted_on_people": (samples.get("ccp"), self._cutout_sources),
            "forearms": (samples["backgrounds"], cutouts.get("hgr")),
        }
        return all(needs.get(ingredient, (samples.get(ingredient),)))

    def _cutout(self, source: str, rng: np.random.Generator) -> Cutout:
        items = self._collection.cutouts[source]
        return items[rng.integers(len(items))]

    def _any_cutout(self, rng: np.random.Generator) -> Cutout:
        names, shares = list(self._cutout_sources), np.array(list(self._cutout_sources.values()))
        return self._cutout(names[rng.choice(len(names), p=shares / shares.sum())], rng)

    def _whole(
        self, source: str, style: ViewStyle
    ) -> Callable[[Size, np.random.Generator], Sample]:
        return lambda size, rng: random_view(self._pick(source, rng), size, style, rng)

    def _background(self, size: Size, rng: np.random.Generator) -> Sample:
        sample = random_view(self._pick("backgrounds", rng), size, self._recipe.view, rng)
        if rng.random() < self._recipe.tint:
            return replace(sample, image=tinted_like_skin(sample.image, rng))
        return sample

    def _pasted_on_background(self, size: Size, rng: np.random.Generator) -> Sample:
        return self._with_hands(self._background(size, rng), rng)

    def _pasted_on_people(self, size: Size, rng: np.random.Generator) -> Sample:
        people = random_view(self._pick("ccp", rng), size, self._recipe.close_view, rng)
        return self._with_hands(people, rng)

    def _with_hands(self, sample: Sample, rng: np.random.Generator) -> Sample:
        for _ in range(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])):
            sample = paste(sample, self._any_cutout(rng), self._recipe.paste, rng)
        if rng.random() < self._recipe.paste.cover:
            sample = cover(sample, self._pick("backgrounds", rng).image, rng)
        return sample

    def _forearm(self, size: Size, rng: np.random.Generator) -> Sample:
        sample = self._background(size, rng)
        return lay_forearm(sample, self._cutout("hgr", rng), self._recipe.paste, rng)
