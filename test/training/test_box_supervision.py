"""Guards what boxes tell: every notation is read, nothing is claimed inside, no hand outside."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handseg_ros.segmentation.errors import MediaError
from handseg_ros.training.box_supervision import (
    BoxSupervisedImage,
    box_supervised_images,
    parse_voc,
    parse_yolo,
    weak_ids,
)
from handseg_ros.training.samples import IGNORE


def test_yolo_lines_are_centres_and_sizes_or_four_corners() -> None:
    boxes = parse_yolo("0 0.5 0.5 0.2 0.4\n3 0.1 0.2 0.3 0.2 0.3 0.8 0.1 0.8\n\n")
    np.testing.assert_allclose(boxes, [[0.4, 0.3, 0.6, 0.7], [0.1, 0.2, 0.3, 0.8]])
    assert parse_yolo("").shape == (0, 4)
    with pytest.raises(ValueError, match=r"'0 0\.5' is no box"):
        parse_yolo("0 0.5")


def test_voc_boxes_are_shares_of_the_size_they_state() -> None:
    text = (
        "<size><width>800</width> <height>600</height></size><bndbox><xmin>200</xmin>"
        "<ymin>150</ymin>\n<xmax>400</xmax><ymax>600</ymax></bndbox>"
    )
    np.testing.assert_allclose(parse_voc(text), [[0.25, 0.25, 0.5, 1.0]])
    with pytest.raises(ValueError, match="no size"):
        parse_voc("<annotation/>")


def test_boxes_come_in_pixels_of_the_shrunken_photo(tiny_data: Path) -> None:
    small = list(box_supervised_images(tiny_data, "subhih", longest=64))
    large = list(box_supervised_images(tiny_data, "subhih", longest=500))
    assert small[0].image.shape == (48, 64, 3)
    assert large[0].image.shape == (96, 128, 3)
    np.testing.assert_allclose(small[0].boxes * 2, large[0].boxes)
    other = next(box_supervised_images(tiny_data, "roboflow_obb", longest=500))
    np.testing.assert_allclose(other.boxes, large[0].boxes)


def test_every_fifth_photo_of_the_hardest_sources_is_kept_back(tiny_data: Path) -> None:
    names = [
        picture.name for picture in box_supervised_images(tiny_data, "oxford_hands", longest=500)
    ]
    assert names == ["2", "3", "4", "5"]
    assert len(list(box_supervised_images(tiny_data, "subhih", longest=500))) == 6


def test_inside_a_box_nothing_is_known_and_outside_there_is_no_hand() -> None:
    picture = BoxSupervisedImage(
        "p", np.zeros((100, 100, 3), np.uint8), np.array([[20, 30, 70, 80.0]])
    )
    ids = weak_ids(picture)
    assert (ids[26:84, 16:74] == IGNORE).all()
    assert ids.sum() == 58 * 58 * int(IGNORE)


def test_a_missing_file_of_boxes_is_named(tiny_data: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="subhih holds no pictures"):
        next(box_supervised_images(tmp_path, "subhih", longest=64))
    folder = tmp_path / "unlabelled/subhih"
    folder.mkdir(parents=True)
    (folder / "1.jpg").write_bytes((tiny_data / "unlabelled/subhih/1.jpg").read_bytes())
    with pytest.raises(MediaError, match=r"boxes/1\.xml cannot be read.*fetch the data again"):
        next(box_supervised_images(tmp_path, "subhih", longest=64))
