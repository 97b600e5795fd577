"""Holds a part of a labelled set out, by whole groups of frames that resemble each other.

A frame's groups are its `person` and its `source` (tags of the set) and its sequence. Where none
is known, the end of the set is held out, as neighbouring frames are often of one film.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.segmentation.errors import MediaError

SplitBy = Literal["person", "source", "sequence", "order"]
SPLIT_BY: tuple[SplitBy, ...] = get_args(SplitBy)
# So many groups tell more of a model than one or two do.
FEWEST_GROUPS = 4
# Of a film, so much before the part that is held out belongs to neither part.
_GAP = 0.05


@dataclass(frozen=True)
class FrameKey:
    """What of a frame decides which part it belongs to; '' where a group is not known."""

    name: str
    person: str
    source: str
    sequence: str

    @classmethod
    def of(cls, frame: LabelledFrame, title: str) -> FrameKey:
        """Return the key of a frame of the set of this title, which is no sequence's name."""
        sequence = "" if frame.sequence == title else frame.sequence
        return cls(frame.name, frame.tags.get("person", ""), frame.tags.get("source", ""), sequence)


@dataclass(frozen=True)
class Split:
    """Names of both parts in the set's order, and by what they were parted.

    `groups` counts those of each part, 0 where they were parted by order.
    """

    training: tuple[str, ...]
    held_out: tuple[str, ...]
    by: SplitBy
    groups: tuple[int, int] = (0, 0)


def split_by_groups(
    keys: Sequence[FrameKey], share: float, seed: int, by: SplitBy | None = None
) -> Split:
    """Return the set in two parts, about `share` of its frames held out.

    Without `by`, that of person, source and sequence is taken which first has four groups, else the
    one with the most; frames without the group that was chosen are groups of their own sequence.
    Raises MediaError for too few frames, or where `by` parts nothing.
    """
    if len(keys) < 2:
        raise MediaError(
            f"a set of {len(keys)} labelled pictures cannot be parted into some to learn from and "
            "some to judge by: label more of them"
        )
    chosen = by or _best(keys)
    if chosen == "order":
        return _by_order(keys, share)
    groups = _joined(keys, chosen)
    if len(groups) < 2:
        raise MediaError(
            f"all pictures are of one {chosen}, so that none can be held out by {chosen}: add "
            "pictures of another, or choose one of " + ", ".join(SPLIT_BY)
        )
    order = np.random.default_rng(seed).permutation(len(groups))
    held: set[str] = set()
    count = 0
    for index in order[:-1]:
        if count and len(held) + len(groups[index]) > max(share, 0.05) * 1.25 * len(keys):
            continue
        held |= set(groups[index])
        count += 1
        if len(held) >= share * len(keys):
            break
    return Split(
        tuple(key.name for key in keys if key.name not in held),
        tuple(key.name for key in keys if key.name in held),
        chosen,
        (len(groups) - count, count),
    )


def _best(keys: Sequence[FrameKey]) -> SplitBy:
    counts: dict[SplitBy, int] = {
        name: len(_joined(keys, name)) for name in SPLIT_BY[:3] if _is_known(keys, name)
    }
    enough = next((name for name, count in counts.items() if count >= FEWEST_GROUPS), None)
    if enough:
        return enough
    several = {name: count for name, count in counts.items() if count > 1}
    return max(several, key=lambda name: several[name]) if several else "order"


def _is_known(keys: Sequence[FrameKey], by: SplitBy) -> bool:
    return any(getattr(key, by) for key in keys)


def _joined(keys: Sequence[FrameKey], by: SplitBy) -> list[list[str]]:
    """Return the names of frames that must stay together: of one group, or of one sequence."""
    read: Callable[[FrameKey], str] = lambda key: getattr(key, by)  # noqa: E731
    leader: dict[str, str] = {}

    def find(item: str) -> str:
        while leader.setdefault(item, item) != item:
            item = leader[item]
        return item

    for key in keys:
        own = f"name:{key.name}"
        for kind, value in ((by, read(key)), ("sequence", key.sequence)):
            if value:
                leader[find(own)] = find(f"{kind}:{value}")
    groups: Mapping[str, list[str]] = defaultdict(list)
    for key in keys:
        groups[find(f"name:{key.name}")].append(key.name)
    return list(groups.values())


def _by_order(keys: Sequence[FrameKey], share: float) -> Split:
    """Hold out the end; a gap before it belongs to neither part, where there is enough."""
    held = max(1, round(share * len(keys)))
    gap = int(_GAP * len(keys))
    first = max(1, len(keys) - held)
    kept = max(1, first - gap)
    names = [key.name for key in keys]
    return Split(tuple(names[:kept]), tuple(names[first:]), "order")
