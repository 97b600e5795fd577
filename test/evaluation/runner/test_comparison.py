"""Guards what is kept of a frame: a window tells what all of its pixels would."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from support.labelled import SHAPE, found, ids_of, record

from handseg_ros.datasets.frames import GroundTruth, LabelledFrame
from handseg_ros.datasets.run_lengths import counts_in
from handseg_ros.evaluation.boundary import diagonal_share, match_boundaries
from handseg_ros.evaluation.instance_matching import Match
from handseg_ros.evaluation.overlap import Overlap, overlap
from handseg_ros.evaluation.runner.comparison import digest
from handseg_ros.evaluation.runner.records import from_line, to_line
from handseg_ros.segmentation.hands import Side

EVERYWHERE = [(0, 0, 30), (90, 70, 30), (40, 35, 20)]


def full(squares: list[tuple[int, int, int]]) -> np.ndarray:
    return ids_of(squares) > 0


@pytest.mark.parametrize("known", [[], EVERYWHERE[:1], EVERYWHERE[1:2], EVERYWHERE[2:], EVERYWHERE])
@pytest.mark.parametrize("squares", [[], [(3, 2, 30)], [(85, 66, 30)], [(38, 33, 22), (0, 60, 9)]])
def test_a_window_tells_what_the_whole_frame_would(
    known: list[tuple[int, int, int]], squares: list[tuple[int, int, int]]
) -> None:
    hands = [found(number, square) for number, square in enumerate(squares, start=1)]
    (answer,) = record(known, hands).answers
    masks = full(squares), full(known)
    tolerances = 2, diagonal_share(SHAPE, 0.0075)
    assert answer.overlap == overlap(*masks)
    assert answer.outlines == match_boundaries(*masks, tolerances)


def test_run_lengths_and_counts_of_single_hands() -> None:
    kept = record([(10, 10, 20)], [found(1, (10, 10, 10), 0.8), found(2, (60, 60, 10), 0.7)])
    assert [hand.area for hand in kept.known] == [400]
    assert [(hand.area, hand.right) for hand in kept.answers[0].hands] == [(100, 100), (100, 0)]
    assert kept.answers[0].fates == (Match(0.25, None),)


def test_a_hand_of_fewer_than_40_pixels_has_no_part() -> None:
    kept = record([(10, 10, 6), (50, 50, 20)], [found(1, (10, 10, 6)), found(2, (50, 50, 20))])
    assert [hand.ignored for hand in kept.known] == [True, False]
    assert kept.answers[0].overlap == Overlap(400, 400, 400)
    assert kept.answers[0].fates == (Match(1.0, 1),)


def test_ignored_areas_have_no_part_however_large() -> None:
    ground_truth = GroundTruth(ids_of([(0, 0, 50), (60, 60, 20)]), True, ignored=frozenset({1}))
    kept = record(ground_truth, [found(1, (5, 5, 40)), found(2, (60, 60, 10))])
    assert kept.answers[0].overlap == Overlap(100, 100, 400)
    assert len(kept.judged) == 1


def test_all_hands_together_are_not_judged_one_by_one() -> None:
    ground_truth = GroundTruth(ids_of([(10, 10, 5)]) * 255, has_instances=False)
    kept = record(ground_truth, [found(1, (10, 10, 5))])
    assert kept.answers[0].fates == ()
    # However small: the area stands for all hands of the frame.
    assert kept.answers[0].overlap.iou == 1
    assert not kept.known[0].ignored


def test_a_frame_without_a_label_keeps_its_answers() -> None:
    kept = record(None, [found(1, (10, 10, 5))])
    assert not kept.labelled
    assert len(kept.answers[0].hands) == 1
    assert kept.answers[0].overlap == Overlap(0, 0, 0)


def test_sides_and_tracks_of_the_label_are_kept() -> None:
    ground_truth = GroundTruth(ids_of([(10, 10, 20)]), True, sides={1: Side.LEFT}, tracks={1: 7})
    (hand,) = record(ground_truth, []).known
    assert (hand.side, hand.track) == (Side.LEFT, 7)


def test_a_line_is_its_record() -> None:
    kept = record([(10, 10, 20)], [found(1, (10, 10, 10), side=Side.RIGHT)], tags={"light": "ü|"})
    line = to_line(kept)
    assert line.count(b"\n") == 1
    assert from_line(line) == kept
    with pytest.raises(ValueError, match="JSON"):
        from_line(line[: len(line) // 2])


def test_run_lengths_that_were_damaged_are_no_record() -> None:
    line = to_line(record([(10, 10, 20)], [found(1, (12, 10, 20))]))
    assert from_line(line)
    damaged = 0
    for place in range(len(line)):
        changed = bytearray(line)
        changed[place] = ord("z")
        try:
            kept = from_line(bytes(changed))
        except ValueError:
            damaged += 1
            continue
        # What is taken can be given to pycocotools.
        for runs in (*kept.known_runs, *kept.found_runs(0)):
            counts = counts_in(str(runs["counts"].decode()))
            assert counts.sum() == kept.height * kept.width
    assert damaged > len(line) / 4


def test_a_digest_tells_all_that_scores_depend_on() -> None:
    """Whoever corrects sides, tracks or tags, or reads masks otherwise, must not get old scores."""
    ids = ids_of([(10, 10, 20), (50, 10, 20)])
    pixel = ids.copy()
    pixel[13, 50] = 0
    truths = [
        GroundTruth(ids, True),
        GroundTruth(ids, False),
        GroundTruth(pixel, True),
        GroundTruth(ids, True, {1: Side.LEFT}),
        GroundTruth(ids, True, {1: Side.RIGHT}),
        GroundTruth(ids, True, {}, {1: 7}),
        GroundTruth(ids, True, objects=ids > 5),
        GroundTruth(ids, True, objects=ids > 1),
        GroundTruth(ids, True, ignored=frozenset([2])),
    ]
    image = np.zeros((*SHAPE, 3), np.uint8)
    frames = [LabelledFrame("a", "s", image, ground_truth) for ground_truth in truths]
    frames += [LabelledFrame("a", "t", image, truths[0]), LabelledFrame("a", "s", image, None)]
    frames.append(LabelledFrame("a", "s", image, truths[0], {"light": "dim"}))
    assert len({digest(frame) for frame in frames}) == len(frames)


def test_a_digest_tells_changed_pictures_and_labels() -> None:
    image = np.zeros((*SHAPE, 3), np.uint8)
    frame = LabelledFrame("a", "s", image, GroundTruth(ids_of(EVERYWHERE), True))
    other_label = dataclasses.replace(frame, ground_truth=GroundTruth(ids_of(EVERYWHERE[:1]), True))
    other_image = dataclasses.replace(frame, image=image + 1)
    numbers = {digest(item) for item in (frame, other_label, other_image)}
    assert len(numbers) == 3
    assert digest(frame) in numbers


def test_a_line_from_before_hands_had_tags_is_read() -> None:
    kept = record([(10, 10, 20)], [found(1, (12, 10, 20))])
    line = to_line(kept)
    old = line.replace(b'"ignored":false,"tags":{}}', b'"ignored":false}')
    assert old != line
    assert from_line(old) == kept
