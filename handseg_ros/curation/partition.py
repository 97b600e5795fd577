"""Shares groups of pictures out among the parts of a split; no group stands in two parts."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.errors import MediaError

# How much more than the largest part a group may be, as a share of all pictures.
TOLERANCE = 0.05
# So many orders of groups are tried, of many groups fewer: chance evens these out by itself.
_MOST_DRAWS, _MOST_STEPS = 64, 20_000


@dataclass(frozen=True)
class Part:
    """One part of a split: its name, and the share of the pictures that it is to have, 0 to 1."""

    name: str
    share: float


def partition(
    groups: Mapping[str, int], parts: Sequence[Part], seed: int, what: str
) -> dict[str, str]:
    """Return the name of each group's part; `groups` tells how many pictures each has.

    Groups come in an order that the seed draws, each to the part that is filled least; of many
    such orders the one counts whose parts come nearest to their shares. `what` is what a group is
    called. Raises MediaError where a group is too large for every part, or a part would stay empty.
    """
    _check(groups, parts, sum(groups.values()), what)
    random = np.random.default_rng(seed)
    names = sorted(groups)
    draws = max(1, min(_MOST_DRAWS, _MOST_STEPS // len(names)))
    orders = ([names[place] for place in random.permutation(len(names))] for _ in range(draws))
    filled = (_filled(order, groups, parts) for order in orders)
    best = min(filled, key=lambda chosen: _deviation(chosen, groups, parts))
    empty = [part.name for part in parts if part.name not in best.values()]
    if empty:
        raise MediaError(
            f"the part '{empty[0]}' would stay empty, as no {what} is small enough for it among "
            f"{len(groups)}: give it a larger share, or split by something else"
        )
    return best


def _filled(
    order: Sequence[str], groups: Mapping[str, int], parts: Sequence[Part]
) -> dict[str, str]:
    """Give each group in turn to the part that has the least of its share."""
    got = dict.fromkeys((part.name for part in parts), 0)
    shares = {part.name: part.share for part in parts}
    chosen = {}
    for group in order:
        # a group counts as if it were there: small parts do not begin with one that overfills them
        part = min(got, key=lambda name: (got[name] + groups[group]) / shares[name])
        chosen[group] = part
        got[part] += groups[group]
    return chosen


def _deviation(
    chosen: Mapping[str, str], groups: Mapping[str, int], parts: Sequence[Part]
) -> tuple[int, float]:
    """Return how many parts are empty, and by how much of all pictures a part is off at most."""
    got = Counter[str]()
    for group, part in chosen.items():
        got[part] += groups[group]
    total = sum(groups.values())
    off = max(abs(got[part.name] / total - part.share) for part in parts)
    return sum(not got[part.name] for part in parts), off


def _check(groups: Mapping[str, int], parts: Sequence[Part], total: int, what: str) -> None:
    if len(groups) < len(parts):
        raise MediaError(
            f"{len(groups)} {what}(s) cannot fill {len(parts)} parts: ask for fewer parts, or "
            "split by something else"
        )
    largest = max(groups, key=lambda name: groups[name])
    most = max(part.share for part in parts)
    if groups[largest] > (most + TOLERANCE) * total:
        raise MediaError(
            f"the {what} '{largest}' has {groups[largest] / total:.0%} of all pictures, which is "
            f"more than any part may have ({most:.0%}): give one part a larger share, or split by "
            "something else"
        )
