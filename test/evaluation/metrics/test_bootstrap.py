"""Guards intervals and tests of differences: over sequences, always the same, honest about one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest
from support.labelled import found, ids_of, record

from handseg_ros.datasets.frames import GroundTruth
from handseg_ros.evaluation.metrics.aggregate import aggregate
from handseg_ros.evaluation.metrics.bootstrap import (
    RESAMPLES,
    Interval,
    draws,
    interval,
    p_value,
    resampled_ratios,
)
from handseg_ros.evaluation.metrics.results import Difference, Estimate, Results
from handseg_ros.evaluation.runner.records import FrameRecord

HAND, QUARTER = (10, 10, 20), (10, 10, 10)


def frames(answers: list[bool], sequence: str) -> list[FrameRecord]:
    """Return frames of a sequence, in which the hand is found all or a quarter."""
    return [record([HAND], [found(1, HAND if all_ else QUARTER)], sequence=sequence)
            for all_ in answers]  # fmt: skip


def iou_of(results: Results) -> Estimate:
    estimate = results.groups["all"].figures["iou"][0]
    assert estimate is not None
    return estimate


def test_as_many_sequences_are_drawn_as_there_are_and_always_the_same_ones() -> None:
    first, again = (np.concatenate(list(draws(7))) for _ in range(2))
    assert first.shape == (RESAMPLES, 7)
    assert (first.sum(axis=1) == 7).all()
    np.testing.assert_array_equal(first, again)


def test_pieces_of_draws_are_small_however_many_sequences() -> None:
    pieces = list(draws(30_000, 100))
    assert sum(len(piece) for piece in pieces) == 100
    assert max(piece.nbytes for piece in pieces) < 1e7


def test_a_resample_is_a_ratio_of_sums() -> None:
    # Two sequences, 1/2 and 3/6: drawn (2,0), (1,1) or (0,2), all give one half.
    assert resampled_ratios(np.array([[1.0, 2.0], [3.0, 6.0]])) == pytest.approx(0.5)
    values = resampled_ratios(np.array([[0.0, 1.0], [3.0, 3.0]]))
    assert set(np.round(values, 6)) == {0.0, 0.75, 1.0}


def test_an_interval_holds_95_of_100_values() -> None:
    own = interval(np.linspace(0, 1, 1001))
    assert own is not None
    assert (own.low, own.high) == pytest.approx((0.025, 0.975))
    assert interval(np.array([np.nan, np.nan, 1.0])) is None


def test_a_p_value_is_twice_the_rarer_side_and_never_zero() -> None:
    assert p_value(np.array([-1.0] * 10 + [1.0] * 89)) == pytest.approx(2 * 11 / 100)
    assert p_value(np.ones(999)) == pytest.approx(2 / 1000)
    assert p_value(np.zeros(10)) == 1


def test_frames_of_a_sequence_do_not_count_as_if_they_told_something_new() -> None:
    few = [*frames([True], "a"), *frames([False], "b"), *frames([True], "c")]
    many = [*frames([True] * 50, "a"), *frames([False] * 50, "b"), *frames([True] * 50, "c")]
    assert iou_of(aggregate(few, 1)).interval == iou_of(aggregate(many, 1)).interval


def test_the_interval_is_about_as_wide_as_the_known_spread_of_a_mean() -> None:
    values = np.random.default_rng(3).integers(0, 2, 100).astype(bool)
    each = [frame for n, good in enumerate(values) for frame in frames([bool(good)], str(n))]
    own = iou_of(aggregate(each, 1)).interval
    assert own is not None
    deviation = np.where(values, 1.0, 0.25).std() / np.sqrt(len(values))
    assert own.high - own.low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_one_sequence_has_no_interval_and_the_reason_is_told() -> None:
    results = aggregate(frames([True, False], "a"), 1)
    assert iou_of(results).interval is None
    assert "one sequence" in results.why_no_interval
    assert aggregate([*frames([True], "a"), *frames([True], "b")], 1).why_no_interval == ""


def test_models_are_compared_on_the_same_draws() -> None:
    # B is a little worse on every frame, though frames differ far more than models do.
    sizes = [(10, 10, size) for size in (8, 11, 14, 17, 20, 9, 12, 15, 18, 19)]
    records = [
        record([HAND], [found(1, (x, y, size))], [found(1, (x, y, size - 1))], sequence=str(n))
        for n, (x, y, size) in enumerate(sizes)
    ]
    group = aggregate(records, 2).groups["all"]
    first, second = group.figures["iou"]
    (difference,) = group.differences["iou"]
    assert first is not None
    assert second is not None
    assert isinstance(difference, Difference)
    assert difference.value == pytest.approx(second.value - first.value)
    assert first.interval is not None
    assert second.interval is not None
    assert first.interval.low < second.interval.high  # alone they would not be told apart
    assert difference.interval is not None
    assert difference.interval.high < 0
    assert difference.p_value == pytest.approx(2 / (RESAMPLES + 1))


@pytest.mark.parametrize(("sequences", "is_tested"), [(2, False), (9, False), (10, True)])
def test_fewer_than_ten_sequences_give_no_p_value_and_say_why(
    sequences: int, is_tested: bool
) -> None:
    records = [
        record([HAND], [found(1, QUARTER)], [found(1, HAND)], sequence=str(n), tags={"n": str(n)})
        for n in range(sequences)
    ]
    results = aggregate(records, 2)
    for name in ("iou", "mask_ap", "hand_recall"):
        (difference,) = results.groups["all"].differences[name]
        assert difference is not None
        assert difference.interval is not None
        assert (difference.p_value is not None) == is_tested
    (in_one,) = results.groups["n: 0"].differences["iou"]
    assert in_one is not None
    assert in_one.p_value is None
    assert (results.why_no_p_value == "") == is_tested
    if not is_tested:
        assert f"there are {sequences} sequences" in results.why_no_p_value


def test_sequences_without_single_hands_do_not_count_for_their_ap() -> None:
    """Ten sequences, but only nine of them tell one hand from another."""
    together = GroundTruth(np.minimum(ids_of([HAND]), 1), has_instances=False)
    records = [
        record([HAND] if n else together, [found(1, QUARTER)], [found(1, HAND)], sequence=str(n))
        for n in range(10)
    ]
    group = aggregate(records, 2).groups["all"]
    (iou,), (precision,) = group.differences["iou"], group.differences["mask_ap"]
    assert iou is not None
    assert precision is not None
    assert iou.p_value is not None
    assert precision.p_value is None


def test_equal_models_do_not_differ() -> None:
    records = [record([HAND], [found(1, HAND)], [found(1, HAND)], sequence=n) for n in "abcdefghij"]
    (difference,) = aggregate(records, 2).groups["all"].differences["iou"]
    assert difference == Difference(0.0, Interval(0.0, 0.0), 1.0)
