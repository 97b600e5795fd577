"""Guards the figures of rendered scenes: groups, sides, sizes and what is ignored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.picture_files import read_picture
from handseg_ros.datasets.rendered import KnownHand, RenderedPicture
from handseg_ros.evaluation.average_precision import encode
from handseg_ros.evaluation.overlap import Overlap
from handseg_ros.evaluation.rendered_answers import HandAnswer, PictureAnswer, compare
from handseg_ros.evaluation.rendered_split import (
    GROUPS,
    figures,
    group_figures,
    hand_free_figures,
    main,
    side_figures,
)
from handseg_ros.segmentation.hands import Box, Hand, Segmentation, Side, Timings
from handseg_ros.segmentation.segmenter import Segmenter

CLIP = Path(__file__).resolve().parents[2] / "assets" / "rendered_hands.avi"
SHAPE = (100, 100)
HAND = HandAnswer(Side.LEFT, tone=5, gloved=False, size=0.1, iou=0.8, reported=Side.LEFT)
MISSED = replace(HAND, iou=0.2, reported=None)


def square(x: int, y: int, size: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[y : y + size, x : x + size] = True
    return mask


def known(mask: np.ndarray, side: Side = Side.LEFT) -> KnownHand:
    return KnownHand(mask, side, tone=5, gloved=False)


def found(number: int, x: int, y: int, size: int, side: Side) -> Hand:
    mask = np.full((size, size), 255, np.uint8)
    return Hand(number, side, 0.9, 0.9, Box(x, y, size, size), mask, size * size, (0.0, 0.0))


def answer(found_hands: tuple[Hand, ...], known_hands: tuple[KnownHand, ...]) -> PictureAnswer:
    picture = RenderedPicture("0", np.zeros((*SHAPE, 3), np.uint8), known_hands)
    return compare(Segmentation(*SHAPE, found_hands, Timings(0.0, 0.0, 0.0)), picture)


def test_a_found_and_a_missed_hand() -> None:
    both = known(square(0, 0, 10)), known(square(50, 50, 20), Side.RIGHT)
    result = answer((found(1, 0, 0, 9, Side.RIGHT),), both)
    first, second = result.hands
    assert (first.side, first.reported, first.found) == (Side.LEFT, Side.RIGHT, True)
    assert first.iou == pytest.approx(0.81)
    assert first.size == pytest.approx(0.1)
    assert (second.side, second.reported, second.found) == (Side.RIGHT, None, False)
    assert (second.iou, second.size) == pytest.approx((0, 0.2))
    assert result.overlap == Overlap(81, 81, 500)
    assert (result.count, result.hand_free) == (1, False)
    assert result.marked == pytest.approx(0.0081)


def test_a_hand_of_fewer_than_40_pixels_is_ignored() -> None:
    large, tiny = known(square(50, 50, 20)), known(square(0, 0, 6))
    on_large = found(1, 50, 50, 20, Side.LEFT)
    missed = answer((on_large,), (tiny, large))
    hit = answer((found(2, 0, 0, 6, Side.LEFT), on_large), (tiny, large))
    for result in (missed, hit):
        assert [hand.size for hand in result.hands] == pytest.approx([0.2])
        assert result.overlap.iou == 1
        scores = figures([result])
        assert scores["rendered_hand_iou"] == pytest.approx(1)
        assert scores["rendered_ap"] == pytest.approx(1)
        assert "rendered_multi_ap50" not in scores


def test_a_picture_of_tiny_hands_only_is_neither_with_hands_nor_without() -> None:
    assert figures([answer((), (known(square(0, 0, 6)),))]) == {}
    assert len(answer((), (known(square(0, 0, 7)),)).hands) == 1


def test_a_picture_without_hands_counts_as_hand_free_alone() -> None:
    assert figures([answer((), ())]) == {
        "rendered_hand_free_left_alone": 1.0,
        "rendered_hand_free_marked": 0.0,
    }


def test_ap_of_several_hands_leaves_pictures_of_one_out() -> None:
    one = answer((), (known(square(0, 0, 10)),))
    pair = known(square(0, 0, 10)), known(square(50, 50, 20))
    two = answer((found(1, 0, 0, 10, Side.LEFT), found(2, 50, 50, 20, Side.LEFT)), pair)
    scores = figures([one, two])
    assert scores["rendered_multi_ap50"] == pytest.approx(1)
    # Two of three known hands: recall 0.00 to 0.66 of COCO's 101 levels.
    assert scores["rendered_ap50"] == pytest.approx(67 / 101)
    assert scores["rendered_hand_iou"] == pytest.approx(0.5)


def test_an_unknown_side_is_wrong_and_missed_hands_do_not_count() -> None:
    unknown, wrong = (replace(HAND, reported=side) for side in (Side.UNKNOWN, Side.RIGHT))
    scores = side_figures([HAND, unknown, wrong, wrong, MISSED])
    assert scores == {"rendered_side_right": 0.25, "rendered_side_known": 0.75}
    assert side_figures([MISSED]) == {}


@pytest.mark.parametrize(
    ("hand", "groups"),
    [
        (replace(HAND, tone=1, size=0.059), {"tone_1_3", "small"}),
        (replace(HAND, tone=3, size=0.06), {"tone_1_3", "medium"}),
        (replace(HAND, tone=4, size=0.149), {"tone_4_6", "medium"}),
        (replace(HAND, tone=6, size=0.15), {"tone_4_6", "large"}),
        (replace(HAND, tone=7, size=0.9), {"tone_7_10", "large"}),
        (replace(HAND, tone=10, size=0.02), {"tone_7_10", "small"}),
        (replace(HAND, tone=10, gloved=True), {"gloved", "medium"}),
    ],
)
def test_groups_of_tone_glove_and_size(hand: HandAnswer, groups: set[str]) -> None:
    assert {name for name, belongs in GROUPS.items() if belongs(hand)} == groups


def test_missed_hands_pull_recall_and_iou_down() -> None:
    scores = group_figures([HAND, MISSED, replace(HAND, tone=8)])
    assert scores["rendered_recall"] == pytest.approx(2 / 3)
    assert scores["rendered_iou"] == pytest.approx(0.6)
    assert scores["rendered_recall_tone_4_6"] == pytest.approx(0.5)
    assert scores["rendered_iou_tone_4_6"] == pytest.approx(0.5)
    assert scores["rendered_recall_tone_7_10"] == pytest.approx(1)
    assert "rendered_recall_gloved" not in scores


def test_hand_free_pictures_left_alone_and_marked() -> None:
    alone = PictureAnswer((), Overlap(0, 0, 0), encode(SHAPE, [], [], []), True, 0, 0.0)
    little, much = replace(alone, count=1, marked=0.005), replace(alone, count=2, marked=0.006)
    scores = hand_free_figures([alone, alone, little, much, replace(much, hand_free=False)])
    assert scores == {"rendered_hand_free_left_alone": 0.5, "rendered_hand_free_marked": 0.25}


def test_what_the_model_itself_finds_is_scored_as_right(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first scene's ground truth becomes what the model finds in a picture with hands."""
    picture = rendered / "images/0001_00000_0.jpg"
    cv2.imwrite(str(picture), _frame())
    ids = Segmenter.load("hands").segment(read_picture(picture)).instances()
    assert 1 <= ids.max() <= 4
    levels = np.floor(ids * 25.5 + 0.5).astype(np.uint8)
    cv2.imwrite(str(rendered / "ids/0001_00000_0.png"), levels)
    assert main(["hands", str(rendered)]) == 0
    lines = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    perfect = ("hand_iou", "ap", "ap50", "ap75", "recall", "iou", "hand_free_left_alone")
    assert {lines[f"rendered_{name}"] for name in perfect} == {"1.000"}
    assert lines["rendered_hand_free_marked"] == "0.000"


def _frame() -> np.ndarray:
    clip = cv2.VideoCapture(str(CLIP))
    try:
        read, frame = clip.read()
    finally:
        clip.release()
    assert read, f"{CLIP} cannot be read"
    return frame


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["hands", "nowhere"], "nowhere holds no finished"), (["none", "."], "no model named 'none'")],
)
def test_what_cannot_be_scored_ends_with_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""
