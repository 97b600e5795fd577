"""What a labelled set consists of, in numbers."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from handseg_ros.curation.picture_facts import PictureFacts
from handseg_ros.evaluation.instance_matching import SIZES
from handseg_ros.segmentation.hands import Side

_QUANTILES = {"5 %": 0.05, "median": 0.5, "95 %": 0.95}


@dataclass(frozen=True)
class SourceShare:
    """How many pictures and hands one source has; `source` is "" where it is not known."""

    source: str
    pictures: int
    hands: int


@dataclass(frozen=True)
class Statistics:
    """The numbers of a set.

    `pictures` are all that could be read, `labelled` those with a label, `hand_free` those of them
    without a hand, `together` those in which one area stands for all hands. `hands_per_picture`
    counts pictures by their number of single hands, `sides` and `sizes` single hands.
    `size_quantiles` are of the root of a hand's share of its picture. `persons` and `sequences` are
    numbers of groups, `picture_sizes` counts pictures by "WIDTHxHEIGHT".
    """

    pictures: int
    labelled: int
    hand_free: int
    together: int
    hands: int
    objects: int
    hands_per_picture: Mapping[int, int]
    sides: Mapping[str, int]
    sizes: Mapping[str, int]
    size_quantiles: Mapping[str, float]
    sources: tuple[SourceShare, ...]
    persons: int
    sequences: int
    picture_sizes: Mapping[str, int]


def count(pictures: Iterable[PictureFacts]) -> Statistics:
    """Return the numbers of pictures; of each hand no more than its size is kept."""
    whole: Counter[str] = Counter()
    per_picture: Counter[int] = Counter()
    sides, sizes, picture_sizes = Counter[str](), Counter[str](), Counter[str]()
    by_source: dict[str, Counter[str]] = {}
    roots = array("d")
    persons, sequences = set(), set()
    for facts in pictures:
        own = by_source.setdefault(facts.source or "", Counter())
        hands = facts.hands if facts.has_instances else ()
        for part in (whole, own):
            part.update(pictures=1, hands=len(hands))
        whole.update(
            labelled=facts.is_labelled,
            hand_free=facts.is_labelled and not facts.hands,
            together=not facts.has_instances and bool(facts.hands),
            objects=facts.objects,
        )
        if facts.is_labelled and facts.has_instances:
            per_picture[len(hands)] += 1
        sides.update(hand.side for hand in hands)
        sizes.update(hand.size_name for hand in hands)
        roots.extend(hand.size for hand in hands)
        picture_sizes[f"{facts.width}x{facts.height}"] += 1
        persons.add(facts.person)
        sequences.add(facts.sequence)
    return Statistics(
        pictures=whole["pictures"],
        labelled=whole["labelled"],
        hand_free=whole["hand_free"],
        together=whole["together"],
        hands=whole["hands"],
        objects=whole["objects"],
        hands_per_picture=dict(sorted(per_picture.items())),
        sides={name: sides[name] for name in (side.name.lower() for side in Side)},
        sizes={name: sizes[name] for name in SIZES},
        size_quantiles=_quantiles(roots),
        sources=tuple(
            SourceShare(name, own["pictures"], own["hands"])
            for name, own in sorted(by_source.items())
        ),
        persons=len(persons - {None}),
        sequences=len(sequences - {None}),
        picture_sizes=dict(picture_sizes.most_common()),
    )


def _quantiles(roots: array[float]) -> dict[str, float]:
    """Return quantiles of sizes, none without any."""
    if not roots:
        return {}
    values = np.quantile(np.frombuffer(roots), list(_QUANTILES.values()))
    return {name: round(float(value), 4) for name, value in zip(_QUANTILES, values, strict=True)}
