"""Guards every figure that is a ratio, by examples worked out by hand and against torchmetrics."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from support.labelled import SHAPE, found, ids_of, record
from torchmetrics.classification import BinaryJaccardIndex, BinaryPrecision, BinaryRecall

from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.evaluation.metrics.aggregate import aggregate
from handseg_ros.evaluation.metrics.results import Estimate
from handseg_ros.evaluation.overlap import FALSE_POSITIVE_LIMIT
from handseg_ros.evaluation.runner.comparison import compare_frame
from handseg_ros.evaluation.runner.records import FrameRecord
from handseg_ros.segmentation.hands import Box, ObjectRegion, Segmentation, Side, Timings

PIXELS = SHAPE[0] * SHAPE[1]
# A hand of 20x20 pixels of which the upper half is found: IoU 0.5.
HAND = (10, 10, 20)
QUARTER = (10, 10, 10)


def figures(*records: FrameRecord, group: str = "all") -> dict[str, float]:
    """Return the figures of records with one answer each."""
    found_figures = aggregate(records, 1).groups[group].figures
    return {name: item[0].value for name, item in found_figures.items() if item[0] is not None}


def tracked(squares: Sequence[tuple[int, int, int]], tracks: Sequence[int]) -> GroundTruth:
    numbered = dict(enumerate(tracks, start=1))
    return GroundTruth(ids_of(squares), True, tracks=numbered)


def test_iou_is_a_mean_over_frames_or_over_pixels() -> None:
    # 100 of 400 pixels, then 400 of 400.
    own = figures(record([HAND], [found(1, QUARTER)]), record([HAND], [found(1, HAND)]))
    assert own["iou"] == pytest.approx((0.25 + 1) / 2)
    assert own["iou_pooled"] == pytest.approx(500 / 800)
    assert own["precision"] == pytest.approx(1)
    assert own["recall"] == pytest.approx(500 / 800)


def test_what_is_marked_where_no_hand_is_has_figures_of_its_own() -> None:
    # 0.5 % of 12,000 pixels are 60: a square of 7 stays below, one of 8 does not.
    own = figures(
        record([HAND], [found(1, HAND)]),
        record([], [found(1, (50, 50, 7))]),
        record([], [found(1, (50, 50, 8))]),
        record([], []),
    )
    assert own["iou"] == own["precision"] == 1
    assert own["false_area"] == pytest.approx((49 + 64) / PIXELS / 3)
    assert own["false_rate"] == pytest.approx(1 / 3)
    assert 49 / PIXELS < FALSE_POSITIVE_LIMIT < 64 / PIXELS


def test_a_frame_of_ignored_hands_only_is_neither_with_hands_nor_without() -> None:
    assert figures(record([(10, 10, 5)], [found(1, (50, 50, 30))])) == {}


def test_frames_without_a_label_have_no_part() -> None:
    labelled = record([HAND], [found(1, QUARTER)])
    result = aggregate([labelled, record(None, [found(1, HAND)])], 1)
    assert (result.counts.answered, result.counts.labelled) == (2, 1)
    assert figures(labelled, record(None, [found(1, HAND)])) == figures(labelled)


@pytest.mark.parametrize("seed", range(3))
def test_pixel_figures_are_those_of_torchmetrics(seed: int) -> None:
    random = np.random.default_rng(seed)
    records, pairs = [], []
    for _ in range(4):
        squares = [(int(x), int(y), 25) for x, y in random.integers(0, 70, (3, 2))]
        answers = [(int(x), int(y), 25) for x, y in random.integers(0, 70, (2, 2))]
        # One hand of two squares, as found hands share no pixel.
        ids = np.minimum(ids_of(squares), 1)
        records.append(record(GroundTruth(ids, True), [found(1, answers[0])]))
        pairs.append((ids_of(answers[:1]) > 0, ids > 0))
    own = figures(*records)
    found_pixels, known_pixels = (
        torch.from_numpy(np.stack([pair[place] for pair in pairs]).astype(int)) for place in (0, 1)
    )
    assert own["precision"] == pytest.approx(float(BinaryPrecision()(found_pixels, known_pixels)))
    assert own["recall"] == pytest.approx(float(BinaryRecall()(found_pixels, known_pixels)))
    assert own["iou_pooled"] == pytest.approx(
        float(BinaryJaccardIndex()(found_pixels, known_pixels))
    )
    each = [
        float(BinaryJaccardIndex()(found_pixels[n], known_pixels[n])) for n in range(len(pairs))
    ]
    assert own["iou"] == pytest.approx(np.mean(each))


def test_hands_are_found_from_an_iou_of_one_half_on() -> None:
    # Two hands: one found exactly, of the other a quarter.
    own = figures(record([HAND, (60, 60, 20)], [found(1, HAND), found(2, (60, 60, 10))]))
    assert own["hand_recall"] == 0.5
    assert own["hand_iou"] == pytest.approx((1 + 0.25) / 2)


def test_sides_count_for_found_hands_whose_side_is_labelled() -> None:
    squares = [(0, 0, 20), (30, 0, 20), (60, 0, 20), (0, 40, 20), (30, 40, 20)]
    sides = {1: Side.LEFT, 2: Side.RIGHT, 3: Side.LEFT, 4: Side.RIGHT}
    answers = [
        found(1, squares[0], side=Side.LEFT),  # right
        found(2, squares[1], side=Side.LEFT),  # wrong
        found(3, squares[2], side=Side.UNKNOWN),  # not reported; the fourth hand is missed
        found(4, squares[4], side=Side.RIGHT),  # of a hand without a labelled side
    ]
    own = figures(record(GroundTruth(ids_of(squares), True, sides=sides), answers))
    assert own["side_right"] == pytest.approx(1 / 3)
    assert own["side_known"] == pytest.approx(2 / 3)


def test_all_hands_together_have_no_figures_of_single_ones() -> None:
    ground_truth = GroundTruth(ids_of([HAND]) * 255, has_instances=False)
    own = figures(record(ground_truth, [found(1, HAND)]))
    assert {"iou", "boundary_2px"} <= set(own)
    assert not {"hand_recall", "hand_iou", "mask_ap", "side_right"} & set(own)


def test_objects_count_where_both_label_and_model_know_them() -> None:
    image, objects = np.zeros((*SHAPE, 3), np.uint8), ids_of([(50, 50, 20)]) > 0
    frame = LabelledFrame("a", "s", image, GroundTruth(ids_of([]), True, objects=objects))
    mask = np.full((10, 20), 255, np.uint8)
    half = ObjectRegion(1, 0.9, Box(50, 50, 20, 10), mask, 200, (0.0, 0.0))
    answer = Segmentation(*SHAPE, (), Timings(0.0, 0.0, 0.0), (half,))
    assert figures(compare_frame(frame, [answer]))["object_iou"] == pytest.approx(0.5)
    handless = Segmentation(*SHAPE, (), Timings(0.0, 0.0, 0.0))
    assert "object_iou" not in figures(compare_frame(frame, [handless]))
    unlabelled = dataclasses.replace(frame, ground_truth=GroundTruth(ids_of([]), True))
    assert "object_iou" not in figures(compare_frame(unlabelled, [answer]))


def test_steadiness_counts_neighbours_whose_labels_hold_still() -> None:
    frames = [
        record([HAND], [found(1, (10, 10, 20))]),
        record([HAND], [found(1, (10, 15, 20))]),  # 300 of 500 pixels stay: 0.6
        record([(40, 40, 20)], [found(1, (40, 40, 20))]),  # the label moved
        record([(40, 40, 20)], []),  # nothing found: 0
        record([(40, 40, 20)], []),  # nothing in both: no part
        record([(40, 40, 20)], [found(1, (40, 40, 20))], sequence="next"),
        record([(40, 40, 20)], [found(1, (40, 40, 20))], sequence="next"),  # 1
    ]
    assert figures(*frames)["neighbour_iou"] == pytest.approx((0.6 + 0 + 1) / 3)


def test_an_unlabelled_frame_between_two_has_no_still_neighbour() -> None:
    frames = [record([HAND], [found(1, HAND)]), record(None, []), record([HAND], [found(1, HAND)])]
    assert "neighbour_iou" not in figures(*frames)


def test_an_identity_that_swaps_counts_for_both_tracks() -> None:
    left, right = (10, 10, 20), (70, 10, 20)
    answers = [found(1, left), found(2, right)]
    kept = [record(tracked([left, right], [7, 8]), answers) for _ in range(2)]
    # The labels change places between two frames, what is found stays where it is.
    swapped = record(tracked([left, right], [8, 7]), answers)
    assert figures(*kept)["identity_switches"] == 0
    assert figures(*kept, swapped)["identity_switches"] == pytest.approx(2 / 6)
    # Swapped for good, there is no further switch.
    assert figures(*kept, swapped, swapped)["identity_switches"] == pytest.approx(2 / 8)


def test_a_hand_lost_for_a_frame_comes_back_as_another() -> None:
    ground_truth = tracked([HAND], [7])
    seen, lost = record(ground_truth, [found(1, HAND)]), record(ground_truth, [])
    assert figures(seen, seen, lost, seen, seen)["identity_switches"] == pytest.approx(1 / 5)


def test_a_new_sequence_begins_with_new_identities() -> None:
    first, far = (10, 10, 20), (70, 10, 20)
    frames = [
        record(tracked([first], [7]), [found(1, first)], sequence="a"),
        record(tracked([far], [7]), [found(1, far)], sequence="b"),
    ]
    assert figures(*frames)["identity_switches"] == 0


def test_groups_by_tag_hold_their_frames_alone() -> None:
    good = record([HAND], [found(1, HAND)], tags={"light": "bright", "hand": "bare"})
    bad = record([HAND], [found(1, QUARTER)], tags={"light": "dim"})
    assert figures(good, bad, group="light: bright")["iou"] == 1
    assert figures(good, bad, group="light: dim")["iou"] == 0.25
    assert figures(good, bad, group="light: dim")["mask_ap50"] == 0
    assert figures(good, bad, group="hand: bare")["iou"] == 1
    assert next(iter(aggregate([bad, good], 1).groups)) == "all"


def test_groups_by_size_hold_hands_of_that_size() -> None:
    # Roots of shares of the frame: 9 / sqrt(12,000) = 0.08 is medium, 0.37 large.
    small_and_large = record([(5, 5, 9), (50, 50, 40)], [found(1, (50, 50, 40))])
    assert figures(small_and_large, group="size: medium")["hand_recall"] == 0
    assert figures(small_and_large, group="size: large")["hand_recall"] == 1
    # The frame goes by both hands together, which are large.
    assert "iou" in figures(small_and_large, group="size: large")
    assert "iou" not in figures(small_and_large, group="size: medium")


@pytest.mark.parametrize("tag", ["size", "hands"])
def test_a_tag_called_like_a_group_of_its_own_is_another_group(tag: str) -> None:
    value = "large" if tag == "size" else "1 or more"
    tagged = record([(5, 5, 9)], [], tags={tag: value})
    untagged = record([(50, 50, 40)], [found(1, (50, 50, 40))])
    groups = aggregate([tagged, untagged], 1).groups
    assert figures(tagged, untagged, group=f"tag {tag}: {value}")["hand_recall"] == 0
    assert groups[f"tag {tag}: {value}"].frames == 1
    assert groups["size: large"].frames == 1
    assert figures(tagged, untagged, group="size: large")["hand_recall"] == 1


def test_a_tag_of_frames_and_one_of_hands_are_two_groups_though_they_are_called_alike() -> None:
    known = GroundTruth(ids_of([(5, 5, 9), HAND]), True, hand_tags={2: {"glove": "yes"}})
    tagged = record(known, [found(1, HAND)], tags={"glove": "yes"})
    assert figures(tagged, group="glove: yes")["hand_recall"] == 0.5
    assert figures(tagged, group="hand glove: yes")["hand_recall"] == 1
    assert aggregate([tagged], 1).groups["glove: yes"].frames == 1


def test_what_lies_in_ignored_areas_does_not_punish_the_pixel_curve() -> None:
    ignored = (60, 60, 20)
    known = GroundTruth(ids_of([HAND, ignored]), True, ignored=frozenset({2}))
    kept = record(known, [found(1, HAND, 0.9), found(2, ignored, 0.8)])
    (curve,) = aggregate([kept], 1).pixel_curves
    assert curve.precision == pytest.approx((1.0, 1.0))
    assert curve.recall == pytest.approx((1.0, 1.0))


def test_each_model_has_its_figures() -> None:
    (own,) = (aggregate([record([HAND], [found(1, HAND)], [])], 2).groups["all"].figures["iou"],)
    assert own == (Estimate(1.0, None), Estimate(0.0, None))


def test_the_pixel_curve_goes_from_the_most_certain_hand_to_all() -> None:
    kept = record([HAND], [found(1, QUARTER, 0.9), found(2, (60, 60, 10), 0.4)])
    (curve,) = aggregate([kept], 1).pixel_curves
    assert curve.recall == pytest.approx((0.25, 0.25))
    assert curve.precision == pytest.approx((1.0, 0.5))
