"""Guards that masks are made only where box, model and colours agree."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.evaluation.overlap import overlap
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.box_supervision import BoxSupervisedImage, box_supervised_images
from handseg_ros.training.pseudo_labels import AgreementThresholds, label, write_labels
from handseg_ros.training.samples import IGNORE

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
    ids, agreed = label(segmenter, BoxSupervisedImage("still", image, boxes), AgreementThresholds())
    assert agreed == 2
    known = segmenter.segment(image).mask() > 0
    assert overlap((ids > 0) & (ids != IGNORE), known).iou > 0.8
    assert set(np.unique(ids)) >= {0, 1, 2}


def test_a_box_that_the_model_disagrees_with_stays_unknown(
    segmenter: Segmenter, hands: tuple[np.ndarray, np.ndarray]
) -> None:
    image, boxes = hands
    left, top, right, bottom = boxes[0]
    half = np.array([[left, top, right, (top + bottom) / 2]])
    ids, agreed = label(segmenter, BoxSupervisedImage("still", image, half), AgreementThresholds())
    assert agreed == 0
    assert set(np.unique(ids)) == {0, IGNORE}
    # The other hand has no box: it is not called background.
    x, y = (boxes[1].reshape(2, 2).mean(axis=0)).astype(int)
    assert ids[y, x] == IGNORE


def test_a_box_on_an_empty_wall_stays_unknown(segmenter: Segmenter) -> None:
    wall = np.full((120, 160, 3), 140, np.uint8)
    box = np.array([[40.0, 30, 90, 90]])
    ids, agreed = label(segmenter, BoxSupervisedImage("wall", wall, box), AgreementThresholds())
    assert agreed == 0
    assert ids[60, 60] == IGNORE
    assert ids[5, 5] == 0


def test_labels_are_written_for_every_boxed_photo(
    segmenter: Segmenter, tiny_data: Path, tmp_path: Path
) -> None:
    counts = write_labels(segmenter, tiny_data, ("ccp", "subhih"), 480, tmp_path)
    assert set(counts) == {"subhih"}
    boxes, agreed = counts["subhih"]
    assert boxes == 6
    expected = {
        picture.name: label(segmenter, picture, AgreementThresholds())
        for picture in box_supervised_images(tiny_data, "subhih", 480)
    }
    assert agreed == sum(hands for _, hands in expected.values())
    for name, (ids, _) in expected.items():
        np.testing.assert_array_equal(read_mask(tmp_path / "subhih" / f"{name}.png"), ids)
