"""Guards how masks of hand, unknown and none are read, and what a mask of skin tells."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.masked import coded_ids, masked_samples, skin_samples
from handseg_ros.training.samples import IGNORE


def test_pieces_are_hands_slivers_and_grey_are_unknown() -> None:
    coded = np.zeros((40, 60), np.uint8)
    coded[5:20, 5:20], coded[25:35, 30:50] = 255, 255
    coded[2:4, 50:55] = 255
    coded[35:40, 30:50] = 128
    ids, hands = coded_ids(coded)
    assert hands == 2
    assert {int(ids[10, 10]), int(ids[30, 40])} == {1, 2}
    assert (ids[2:4, 50:55] == IGNORE).all()
    assert (ids[35:40, 30:50] == IGNORE).all()
    assert not ids[:, :4].any()


@pytest.mark.parametrize(("source", "count"), [("gloves_bare", 4), ("ego_table", 6)])
def test_every_fifth_photo_is_kept_back_but_for_films(
    tiny_data: Path, source: str, count: int
) -> None:
    samples = list(masked_samples(tiny_data, source))
    assert len(samples) == count
    assert all(sample.sides == (Side.UNKNOWN,) for sample in samples)
    assert samples[0].ids[32, 64] == 1
    assert samples[0].ids[90, 5] == IGNORE


def test_inside_skin_nothing_is_known_and_outside_there_is_no_hand(tiny_data: Path) -> None:
    sample = next(skin_samples(tiny_data))
    assert sample.sides == ()
    assert sample.ids[32, 64] == IGNORE
    assert sample.ids[90, 100] == 0
    assert not sample.hand.any()


def test_missing_photos_and_masks_are_named(tiny_data: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gloves_white/images holds no pictures"):
        next(masked_samples(tmp_path, "gloves_white"))
    folder = tmp_path / "masked/skin_people/images"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "1.jpg"), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(MediaError, match=r"skin/1\.png"):
        next(skin_samples(tmp_path))
