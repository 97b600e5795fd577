"""Guards the parting of labelled sets: groups stay whole, and nothing is in both parts."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from handseg_ros.curation.holding_out import SPLIT_BY, FrameKey, SplitBy, hold_out
from handseg_ros.datasets.frames import LabelledFrame, Skipped
from handseg_ros.datasets.subset import Subset
from handseg_ros.segmentation.errors import MediaError


def _keys(count: int, **groups: int) -> list[FrameKey]:
    """Return frames of so many groups of each kind, one after the other."""
    return [
        FrameKey(
            f"{number:03}",
            *(
                f"{kind}{number % groups[kind]}" if kind in groups else None
                for kind in SPLIT_BY[:3]
            ),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("groups", "by"),
    [
        ({"person": 8, "source": 8, "sequence": 40}, "person"),
        ({"person": 2, "source": 4}, "source"),
        ({"person": 1, "sequence": 20}, "sequence"),
        ({"person": 2}, "person"),
        ({"person": 1}, "order"),
        ({}, "order"),
    ],
)
def test_the_broadest_group_of_which_there_are_enough_decides(
    groups: dict[str, int], by: SplitBy
) -> None:
    assert hold_out(_keys(80, **groups), 0.2, seed=1).by == by


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("by", ["person", "source", "sequence"])
def test_groups_stay_whole_and_the_share_is_about_right(by: SplitBy, seed: int) -> None:
    keys = _keys(100, **{by: 10})
    split = hold_out(keys, 0.2, seed, by)
    held = {getattr(key, by) for key in keys if key.name in split.held_out}
    learned = {getattr(key, by) for key in keys if key.name in split.training}
    assert not held & learned
    assert held | learned == {getattr(key, by) for key in keys}
    assert (len(split.held_out), split.groups) == (20, (8, 2))
    assert sorted(split.training + split.held_out) == [key.name for key in keys]


@pytest.mark.parametrize("sizes", [(60, 40), (80, 10, 10), (95, 5), (25, 25, 25, 25)])
def test_few_or_unequal_groups_are_parted_too(sizes: tuple[int, ...]) -> None:
    keys = [
        FrameKey(f"{person}/{n}", f"person{person}", None, None)
        for person, size in enumerate(sizes)
        for n in range(size)
    ]
    split = hold_out(keys, 0.2, 0)
    assert (split.by, sum(split.groups)) == ("person", len(sizes))
    assert 0 < len(split.held_out) <= 0.5 * len(keys)


def test_a_sequence_with_two_persons_joins_them() -> None:
    keys = [FrameKey(str(n), f"person{n % 6}", None, f"film{n % 3}") for n in range(30)]
    split = hold_out(keys, 0.3, 0, "person")
    for part in (split.training, split.held_out):
        others = set(split.training + split.held_out) - set(part)
        films = {key.sequence for key in keys if key.name in part}
        assert not films & {key.sequence for key in keys if key.name in others}


def test_another_seed_holds_other_groups_out_and_the_same_the_same() -> None:
    keys = _keys(60, person=12)
    parts = {hold_out(keys, 0.2, seed).held_out for seed in (1, 1, 2, 3)}
    assert len(parts) == 3


def test_without_groups_the_end_is_held_out_with_a_gap_before_it() -> None:
    split = hold_out(_keys(100), 0.2, 0)
    assert split.held_out == tuple(f"{number:03}" for number in range(80, 100))
    assert split.training == tuple(f"{number:03}" for number in range(75))


@pytest.mark.parametrize(
    ("keys", "by", "words"),
    [
        ([], None, "0 labelled"),
        (_keys(1), None, "1 labelled"),
        (_keys(9, person=1), "person", "of one person"),
        (_keys(9, source=9), "person", "tells its person"),
    ],
)
def test_what_cannot_be_parted_is_told(
    keys: list[FrameKey], by: SplitBy | None, words: str
) -> None:
    with pytest.raises(MediaError, match=words):
        hold_out(keys, 0.2, 0, by)


def test_a_set_named_like_its_only_sequence_has_none() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    frame = LabelledFrame("1", "kitchen", image, None, {"person": "anna", "source": "lab"})
    assert FrameKey.of(frame, "kitchen") == FrameKey("1", "lab/anna", "lab", None)
    assert FrameKey.of(frame, "house").sequence == "lab/kitchen"


class _Film:
    """A set that can only be read from its start."""

    title = "film"
    length: int | None = 5
    skipped: list[Skipped] = []  # noqa: RUF012

    def __iter__(self) -> Iterator[LabelledFrame]:
        image = np.zeros((2, 2, 3), np.uint8)
        yield from (LabelledFrame(str(number), "a", image, None) for number in range(5))


def test_a_subset_has_its_frames_alone_in_their_order() -> None:
    subset = Subset(_Film(), {"4", "1", "3"})
    assert ([frame.name for frame in subset], subset.length) == (["1", "3", "4"], 3)
    assert [frame.name for frame in subset.only({"0", "3"})] == ["3"]
