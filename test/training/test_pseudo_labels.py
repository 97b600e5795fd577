"""Guards which masks are made from boxes: where all signs agree, else a likely part of the box."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.evaluation.overlap import overlap
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.box_supervision import BoxSupervisedImage, box_supervised_images
from handseg_ros.training.pseudo_labels import AgreementThresholds, BoxCounts, label, write_labels
from handseg_ros.training.samples import IGNORE, PART

STILL = Path(__file__).resolve().parents[2] / "assets" / "rendered_hands.png"


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.load("hands")


@pytest.fixture(scope="module")
def hands(segmenter: Segmenter) -> tuple[np.ndarray, np.ndarray]:
    """Return the still of two hands and the boxes that a person would draw around them."""
    image = read_picture(STILL)
    boxes = [hand.box for hand in segmenter.segment(image).hands]
    assert len(boxes) == 2
    corners = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes]
    return image, np.array(corners, np.float64)


def test_hands_that_all_signs_agree_on_are_labelled(
    segmenter: Segmenter, hands: tuple[np.ndarray, np.ndarray]
) -> None:
    image, boxes = hands
    ids, counts = label(segmenter, BoxSupervisedImage("still", image, boxes), AgreementThresholds())
    assert counts == BoxCounts(boxes=2, agreed=2)
    known = segmenter.segment(image).mask() > 0
    assert overlap((ids > 0) & (ids != IGNORE), known).iou > 0.8
    assert set(np.unique(ids)) >= {0, 1, 2}


def test_of_a_box_that_the_model_disagrees_with_what_it_finds_there_is_claimed_alone(
    segmenter: Segmenter, hands: tuple[np.ndarray, np.ndarray]
) -> None:
    image, boxes = hands
    left, top, right, bottom = boxes[0]
    half = np.array([[left, top, right, (top + bottom) / 2]])
    ids, counts = label(segmenter, BoxSupervisedImage("still", image, half), AgreementThresholds())
    assert counts == BoxCounts(boxes=1, partly=1)
    known = segmenter.segment(image).mask() > 0
    part = ids == PART
    assert np.mean(known[part]) > 0.9
    assert part[: int((top + bottom) / 2) + 1].sum() == part.sum()
    inside = ids[int(top) : int((top + bottom) / 2), int(left) : int(right)]
    assert set(np.unique(inside)) == {PART, IGNORE}
    # The other hand has no box: it is not called background.
    x, y = (boxes[1].reshape(2, 2).mean(axis=0)).astype(int)
    assert ids[y, x] == IGNORE


def test_a_hand_that_the_model_does_not_see_is_what_has_other_colours_in_the_middle(
    segmenter: Segmenter,
) -> None:
    picture = np.random.default_rng(5).integers(90, 110, (160, 200, 3), np.uint8)
    picture[60:100, 80:130] = (20, 160, 230)
    box = np.array([[70.0, 50, 140, 110]])
    ids, counts = label(segmenter, BoxSupervisedImage("glove", picture, box), AgreementThresholds())
    assert counts == BoxCounts(boxes=1, partly=1)
    assert ids[80, 105] == PART
    assert not (ids[:60] == PART).any()
    assert not (ids[:, :80] == PART).any()
    assert ids[52, 72] == IGNORE
    assert ids[5, 5] == 0


def test_a_box_on_an_empty_wall_stays_unknown(segmenter: Segmenter) -> None:
    wall = np.full((120, 160, 3), 140, np.uint8)
    box = np.array([[40.0, 30, 90, 90]])
    ids, counts = label(segmenter, BoxSupervisedImage("wall", wall, box), AgreementThresholds())
    assert counts == BoxCounts(boxes=1)
    assert ids[60, 60] == IGNORE
    assert ids[5, 5] == 0


@pytest.mark.parametrize("colour", [0, 140])
def test_a_box_that_fills_its_picture_has_no_surroundings_to_tell_it_from(
    segmenter: Segmenter, colour: int
) -> None:
    picture = np.full((120, 160, 3), colour, np.uint8)
    picture[40:80, 50:110] = (20, 160, 230)
    box = np.array([[0.0, 0, 160, 120]])
    ids, counts = label(segmenter, BoxSupervisedImage("close", picture, box), AgreementThresholds())
    assert counts == BoxCounts(boxes=1)
    assert (ids == IGNORE).all()


def test_of_two_boxes_around_one_hand_the_first_has_it(
    segmenter: Segmenter, hands: tuple[np.ndarray, np.ndarray]
) -> None:
    image, boxes = hands
    once, _ = label(segmenter, BoxSupervisedImage("still", image, boxes), AgreementThresholds())
    twice = np.vstack([boxes, boxes[:1]])
    ids, counts = label(segmenter, BoxSupervisedImage("still", image, twice), AgreementThresholds())
    assert counts.boxes == 3
    np.testing.assert_array_equal(ids, once)


def test_a_box_within_a_hand_that_is_known_claims_nothing(
    segmenter: Segmenter, hands: tuple[np.ndarray, np.ndarray]
) -> None:
    image, boxes = hands
    twice = np.vstack([boxes, boxes[:1] + np.array([6, 6, -6, -6])])
    ids, counts = label(segmenter, BoxSupervisedImage("still", image, twice), AgreementThresholds())
    assert counts.boxes == 3
    assert len(set(np.unique(ids)) - {0, PART, IGNORE}) == counts.agreed
    assert (PART in ids) == (counts.partly > 0)
    once, _ = label(segmenter, BoxSupervisedImage("still", image, boxes), AgreementThresholds())
    known = (once > 0) & (once != IGNORE)
    assert overlap((ids > 0) & (ids != IGNORE), known).iou > 0.95


def test_labels_are_written_for_every_boxed_photo(
    segmenter: Segmenter, tiny_data: Path, tmp_path: Path
) -> None:
    counts = write_labels(segmenter, tiny_data, ("ccp", "subhih"), 480, tmp_path)
    assert set(counts) == {"subhih"}
    expected = {
        picture.name: label(segmenter, picture, AgreementThresholds())
        for picture in box_supervised_images(tiny_data, "subhih", 480)
    }
    assert counts["subhih"].boxes == 6
    assert counts["subhih"] == sum((each for _, each in expected.values()), BoxCounts())
    for name, (ids, _) in expected.items():
        np.testing.assert_array_equal(read_mask(tmp_path / "subhih" / f"{name}.png"), ids)
