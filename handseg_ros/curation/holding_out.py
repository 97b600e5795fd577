"""Which frames of a labelled set judge a model that learns from the others.

They are held out by whole groups that resemble each other: persons, sources or sequences. Where
none is known, the end of the set is, as neighbouring frames are often of one film.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from handseg_ros.curation.groups import GroupKind, group_of
from handseg_ros.curation.partition import TOLERANCE, Part, partition
from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.segmentation.errors import MediaError

SplitBy = Literal["person", "source", "sequence", "order"]
SPLIT_BY: tuple[SplitBy, ...] = get_args(SplitBy)
# So many groups tell more of a model than one or two do.
FEWEST_GROUPS = 4
_LEARN, _JUDGE = "learned from", "held out"
# Of a film, so much before the part that is held out belongs to neither part.
_GAP = 0.05


@dataclass(frozen=True)
class FrameKey:
    """What of a frame decides which part it belongs to; None where a group is not known."""

    name: str
    person: str | None
    source: str | None
    sequence: str | None

    @classmethod
    def of(cls, frame: LabelledFrame, title: str) -> FrameKey:
        """Return the key of a frame of the set of this title."""
        kinds = (GroupKind.PERSON, GroupKind.SOURCE, GroupKind.SEQUENCE)
        return cls(frame.name, *(group_of(frame, title, kind) for kind in kinds))


@dataclass(frozen=True)
class HeldOut:
    """Names of both parts in the set's order, and by what they were parted.

    `groups` counts those of each part, 0 where they were parted by order.
    """

    training: tuple[str, ...]
    held_out: tuple[str, ...]
    by: SplitBy
    groups: tuple[int, int] = (0, 0)


def hold_out(
    keys: Sequence[FrameKey], share: float, seed: int, by: SplitBy | None = None
) -> HeldOut:
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
    is_known = any(getattr(key, chosen) is not None for key in keys)
    if not is_known or len(set(groups.values())) < 2:
        told = f"all pictures are of one {chosen}" if is_known else f"no picture tells its {chosen}"
        raise MediaError(
            f"{told}, so that none can be held out by {chosen}: add what is missing, or split by "
            f"another of {', '.join(SPLIT_BY)}"
        )
    return _by_groups(groups, share, seed, chosen)


def _best(keys: Sequence[FrameKey]) -> SplitBy:
    counts: dict[SplitBy, int] = {
        kind: len(set(_joined(keys, kind).values()))
        for kind in SPLIT_BY[:3]
        if any(getattr(key, kind) is not None for key in keys)
    }
    enough = next((kind for kind, count in counts.items() if count >= FEWEST_GROUPS), None)
    if enough:
        return enough
    several = {kind: count for kind, count in counts.items() if count > 1}
    return max(several, key=lambda kind: several[kind]) if several else "order"


def _joined(keys: Sequence[FrameKey], by: SplitBy) -> dict[str, str]:
    """Return a name of each frame's group, in order: those of one group or sequence share it."""
    leader: dict[str, str] = {}

    def find(item: str) -> str:
        while leader.setdefault(item, item) != item:
            item = leader[item]
        return item

    for key in keys:
        own = f"name:{key.name}"
        for kind, value in ((by, getattr(key, by)), ("sequence", key.sequence)):
            if value is not None:
                leader[find(own)] = find(f"{kind}:{value}")
    return {key.name: find(f"name:{key.name}") for key in keys}


def _by_groups(groups: Mapping[str, str], share: float, seed: int, by: SplitBy) -> HeldOut:
    counts: dict[str, int] = defaultdict(int)
    for group in groups.values():
        counts[group] += 1
    held = _possible_share(share, counts, len(groups))
    parts = partition(counts, (Part(_LEARN, 1 - held), Part(_JUDGE, held)), seed, by)
    names = {
        part: tuple(name for name, group in groups.items() if parts[group] == part)
        for part in (_LEARN, _JUDGE)
    }
    judging = sum(part == _JUDGE for part in parts.values())
    return HeldOut(names[_LEARN], names[_JUDGE], by, (len(parts) - judging, judging))


def _possible_share(share: float, counts: Mapping[str, int], frames: int) -> float:
    """Return a share that one of few groups can fill, and that leaves the largest one its place."""
    largest = max(counts.values()) / frames
    return min(max(share, 1 / len(counts)), 1 - largest + TOLERANCE)


def _by_order(keys: Sequence[FrameKey], share: float) -> HeldOut:
    """Hold out the end; a gap before it belongs to neither part, where there is enough."""
    held = max(1, round(share * len(keys)))
    gap = int(_GAP * len(keys))
    first = max(1, len(keys) - held)
    kept = max(1, first - gap)
    names = [key.name for key in keys]
    return HeldOut(tuple(names[:kept]), tuple(names[first:]), "order")
