"""Guards that each format of labels that the package writes is read again as what was written."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import rendered_hands
from support.bags import image_entry, stamp_of, write_bag

from handseg_ros.cli.main import main
from handseg_ros.datasets.bag.options import BagOptions, GroundTruthTopicNames
from handseg_ros.datasets.frames import Dataset, GroundTruth
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.media.sources import open_source
from handseg_ros.segmentation.hands import Segmentation, Side
from handseg_ros.segmentation.segmenter import Segmenter

FRAMES = 3


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.load()


@pytest.fixture(scope="module")
def views() -> list[np.ndarray]:
    small = cv2.resize(rendered_hands(), (320, 240))
    return [np.roll(small, 12 * number, axis=1) for number in range(FRAMES)]


@pytest.fixture
def bag(views: list[np.ndarray], tmp_path: Path) -> Path:
    entries = [image_entry("/image", stamp_of(n), view) for n, view in enumerate(views)]
    return write_bag(tmp_path / "kitchen", entries)


def known(dataset: Dataset) -> list[GroundTruth]:
    frames = list(dataset)
    assert not dataset.skipped
    truths = [frame.ground_truth for frame in frames if frame.ground_truth is not None]
    assert len(truths) == len(frames)
    return truths


def hands_of(truth: GroundTruth) -> list[tuple[np.ndarray, Side]]:
    """Return every labelled hand's mask and side, from left to right."""
    numbers = [int(number) for number in np.unique(truth.ids) if number]
    hands = [(truth.ids == n, truth.sides.get(n, Side.UNKNOWN)) for n in numbers]
    return sorted(hands, key=lambda hand: float(np.nonzero(hand[0])[1].mean()))


def found_in(segmentation: Segmentation) -> list[tuple[np.ndarray, Side]]:
    ids = segmentation.instances()
    hands = [(ids == hand.id, hand.side) for hand in segmentation.hands]
    return sorted(hands, key=lambda hand: float(np.nonzero(hand[0])[1].mean()))


def check_same(
    truths: list[GroundTruth],
    segmenter: Segmenter,
    pictures: list[np.ndarray],
    least_iou: float = 1.0,
    with_sides: bool = True,
) -> None:
    """Check that labels are what the model finds in the pictures that they are of."""
    assert len(truths) == len(pictures)
    for truth, picture in zip(truths, pictures, strict=True):
        own, expected = hands_of(truth), found_in(segmenter.segment(picture))
        assert expected
        assert len(own) == len(expected)
        for (mask, side), (other, other_side) in zip(own, expected, strict=True):
            assert (mask & other).sum() / (mask | other).sum() >= least_iou
            assert not with_sides or side == other_side


def test_coco_and_labelme(
    bag: Path, views: list[np.ndarray], segmenter: Segmenter, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert main(["label-bag", str(bag), str(out), "--every", "1"]) == 0
    check_same(known(open_dataset(out / "annotations.json")), segmenter, views)
    # Polygons with few corners, which people drag, are close to the masks and no more.
    check_same(known(open_dataset(out / "images")), segmenter, views, least_iou=0.9)


def test_a_bag(bag: Path, views: list[np.ndarray], segmenter: Segmenter, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    assert main(["record-masks", str(bag), str(out), "--add", "hands", "instances"]) == 0
    prefix = "/hand_segmentation"
    names = GroundTruthTopicNames(f"{prefix}/instances", f"{prefix}/hands")
    labels = known(open_dataset(out, BagOptions("/image", names)))
    # Sides are those of tracks, which frames before have a say in.
    check_same(labels, segmenter, views, with_sides=False)


def test_a_folder_of_masks(views: list[np.ndarray], segmenter: Segmenter, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for number, view in enumerate(views):
        cv2.imwrite(str(images / f"{number}.png"), view)
    masks = str(tmp_path / "masks")
    assert main(["run", str(images), "--instances", "--save", masks]) == 0
    check_same(known(open_dataset(tmp_path)), segmenter, views, with_sides=False)


def test_a_video(views: list[np.ndarray], segmenter: Segmenter, tmp_path: Path) -> None:
    videos, masks = tmp_path / "videos", tmp_path / "masks" / "hall"
    videos.mkdir()
    file = videos / "hall.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 240))
    for view in views:
        writer.write(view)
    writer.release()
    masks.parent.mkdir()
    assert main(["run", str(file), "--instances", "--save", str(masks)]) == 0
    decoded = [frame.image for frame in open_source(str(file))]
    check_same(known(open_dataset(tmp_path)), segmenter, decoded, with_sides=False)
