"""Guards the decoder of boxes with masks: exact pastes, one hand a pixel, a limited number."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from handseg_ros.segmentation.decoders.mask_rcnn import DECODER, decode
from handseg_ros.segmentation.description import ModelDescription, Thresholds
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.hands import DecodedInstances, Hand, Side

FRAME = (480, 640)
ALL = Thresholds(score=0.0, mask=0.5, minimum_area=0.0)
# A mask fades towards its box's edges: below one quarter all of a full one is above the threshold.
FULL = Thresholds(score=0.0, mask=0.2, minimum_area=0.0)


@pytest.fixture
def detector(description: ModelDescription) -> ModelDescription:
    """Return the description of a network in torchvision's layout."""
    return replace(
        description,
        family="mask_rcnn",
        input=replace(description.input, resize="none", multiple_of=1),
        outputs={name: name for name in DECODER.outputs},
        box_order="xyxy",
        mask_covers="box",
        output_layout="NCHW",
        stride=None,
    )


def _outputs(
    boxes: Any, masks: np.ndarray | None = None, labels: Any = None, scores: Any = None
) -> dict[str, np.ndarray]:
    """Return outputs of boxes that are all hand, all of the same score, unless told otherwise."""
    edges = np.array(boxes, np.float32).reshape(-1, 4)
    count = len(edges)
    return {
        "boxes": edges,
        "labels": np.array([1] * count if labels is None else labels, np.int64),
        "scores": np.array([0.9] * count if scores is None else scores, np.float32),
        "masks": np.ones((count, 1, 28, 28), np.float32) if masks is None else masks,
    }


def _decode(
    outputs: dict[str, np.ndarray],
    description: ModelDescription,
    thresholds: Thresholds = ALL,
    frame: tuple[int, int] = FRAME,
) -> DecodedInstances:
    transform = RESIZE_TRANSFORMS[description.input.resize](frame, (256, 320))
    return decode(outputs, transform, description, thresholds)


def _mask(hand: Hand, frame: tuple[int, int] = FRAME) -> np.ndarray:
    image = np.zeros(frame, bool)
    image[hand.box.slices] = hand.mask > 0
    return image


def _pasted(cells: np.ndarray, box: list[float], frame: tuple[int, int]) -> np.ndarray:
    """Return every pixel's value, each worked out from the four cells around its centre."""
    rows, columns = cells.shape
    values = np.zeros(frame)
    for y, x in np.ndindex(*frame):
        row = (y + 0.5 - box[1]) / (box[3] - box[1]) * rows - 0.5
        column = (x + 0.5 - box[0]) / (box[2] - box[0]) * columns - 0.5
        for r in (int(np.floor(row)), int(np.floor(row)) + 1):
            for c in (int(np.floor(column)), int(np.floor(column)) + 1):
                if 0 <= r < rows and 0 <= c < columns:
                    values[y, x] += cells[r, c] * (1 - abs(row - r)) * (1 - abs(column - c))
    return values


BOXES = [
    [10.3, 5.8, 50.2, 44.9],
    [-12.5, 20.0, 30.0, 90.25],
    [40.0, 30.0, 41.7, 33.0],
    [20.5, 10.5, 20.9, 60.0],
    [-50.0, -50.0, 150.0, 150.0],
]


@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize("threshold", [0.5, 0.7])
def test_a_mask_is_sampled_at_pixels_centres(
    detector: ModelDescription, box: list[float], threshold: float
) -> None:
    cells = np.random.default_rng(1).uniform(0, 1, (28, 28)).astype(np.float32)
    frame = (70, 90)
    outputs = _outputs([box], cells[None, None])
    found = _decode(outputs, detector, replace(ALL, mask=threshold), frame)
    wanted = _pasted(cells, box, frame) > threshold
    union = np.zeros(frame, bool)
    for hand in found.hands:
        union |= _mask(hand, frame)
    assert np.count_nonzero(union != wanted) <= 1  # of a value that is the threshold but for 1e-7
    assert len(found.hands) == wanted.any()


def test_a_full_mask_is_the_pixels_whose_centres_lie_in_the_box(detector: ModelDescription) -> None:
    (hand,) = _decode(_outputs([[10.5, 20.4, 30.6, 40.5]]), detector, FULL).hands
    assert (hand.box.x, hand.box.y, hand.box.width, hand.box.height) == (10, 20, 21, 20)
    assert hand.area == 21 * 20
    assert hand.centroid == pytest.approx((20, 29.5))


def test_boxes_may_come_with_rows_first(detector: ModelDescription) -> None:
    outputs = _outputs([[20, 10, 60, 40]])
    outputs["boxes"] = outputs["boxes"].astype(np.int32)
    (hand,) = _decode(outputs, replace(detector, box_order="yxyx")).hands
    assert (hand.box.x, hand.box.y) == (10, 20)
    assert (hand.box.width, hand.box.height) == (30, 40)


def test_masks_of_every_class_are_told_apart_by_the_label(detector: ModelDescription) -> None:
    told = replace(detector, output_layout="NHWC", classes=("background", "hand", "right_hand"))
    masks = np.zeros((2, 28, 28, 3), np.float32)
    masks[0, :, :14, 1] = masks[1, :14, :, 2] = 1
    boxes = [[0, 0, 100, 100], [200, 0, 300, 100]]
    first, second = _decode(_outputs(boxes, masks, labels=[1, 2]), told).hands
    assert (first.box.width, first.box.height) == (50, 100)
    assert (second.box.width, second.box.height) == (100, 50)


def test_the_more_certain_hand_keeps_what_two_share(detector: ModelDescription) -> None:
    outputs = _outputs([[0, 0, 100, 100], [60, 0, 160, 100]], scores=[0.7, 0.8])
    first, second = _decode(outputs, detector, FULL).hands
    assert [first.score, second.score] == pytest.approx([0.8, 0.7])
    assert (first.box.x, first.box.width) == (60, 100)
    assert (second.box.x, second.box.width) == (0, 60)
    assert not (_mask(first) & _mask(second)).any()


def test_a_hand_found_twice_is_one(detector: ModelDescription) -> None:
    outputs = _outputs([[0, 0, 100, 100], [40, 0, 140, 100]], scores=[0.9, 0.8])
    (hand,) = _decode(outputs, detector).hands
    assert hand.box.x == 0


def test_a_hand_cut_in_pieces_is_one_hand(detector: ModelDescription) -> None:
    masks = np.ones((1, 1, 28, 28), np.float32)
    masks[..., 12:16] = 0
    (hand,) = _decode(_outputs([[0, 0, 280, 280]], masks), detector).hands
    assert hand.area == pytest.approx(280 * 240, rel=0.01)


def test_sides_are_those_of_the_classes(detector: ModelDescription) -> None:
    told = replace(detector, classes=("background", "left_hand", "right_hand", "hand", "other"))
    boxes = [[100 * n, 0, 100 * n + 50, 50] for n in range(4)]
    outputs = _outputs(boxes, labels=[1, 2, 3, 4], scores=[0.9, 0.8, 0.7, 0.6])
    hands = _decode(outputs, told).hands
    assert [hand.side for hand in hands] == [Side.LEFT, Side.RIGHT, Side.UNKNOWN]
    assert [hand.side_confidence for hand in hands] == pytest.approx([0.95, 0.9, 0.0])
    assert [hand.id for hand in hands] == [1, 2, 3]


def test_a_hand_found_as_left_and_as_right_is_the_more_certain_one(
    detector: ModelDescription,
) -> None:
    told = replace(detector, classes=("background", "left_hand", "right_hand"))
    boxes = [[0, 0, 100, 100], [5, 0, 105, 100]]
    (hand,) = _decode(_outputs(boxes, labels=[1, 2], scores=[0.6, 0.8]), told).hands
    assert hand.side is Side.RIGHT


def test_objects_are_found_where_the_classes_name_them(detector: ModelDescription) -> None:
    boxes = [[0, 0, 100, 100], [102, 0, 150, 100], [300, 0, 400, 100], [50, 50, 90, 90]]
    outputs = _outputs(boxes, labels=[1, 2, 2, 2], scores=[0.9, 0.8, 0.7, 0.6])
    assert _decode(outputs, replace(detector, classes=("background", "hand", "x"))).objects is None
    told = replace(detector, classes=("background", "hand", "object"))
    found = _decode(outputs, told, FULL)
    (hand,) = found.hands
    assert found.objects is not None
    assert [item.box.x for item in found.objects] == [102, 300, 50]
    assert hand.touches == (1, 3)
    assert hand.area == 100 * 100, "an object takes no pixel from a hand"
    assert DECODER.output_classes(told) == ("hand", "object")


def test_doubtful_and_small_hands_are_left_out(detector: ModelDescription) -> None:
    boxes = [[0, 0, 100, 100], [200, 0, 300, 100], [400, 0, 420, 20]]
    outputs = _outputs(boxes, scores=[0.9, 0.4, 0.8])
    thresholds = Thresholds(score=0.5, mask=0.5, minimum_area=0.01)
    (hand,) = _decode(outputs, detector, thresholds).hands
    assert hand.box.x == 0


@pytest.mark.parametrize("shape", [(0, 1, 28, 28), (0, 28, 28)])
def test_no_detection_is_no_hand(detector: ModelDescription, shape: tuple[int, ...]) -> None:
    assert _decode(_outputs([], np.zeros(shape, np.float32)), detector) == DecodedInstances(())


def test_boxes_without_pixels_are_no_hands(detector: ModelDescription) -> None:
    boxes = [
        [0, 0, 0, 0],
        [50, 50, 40, 60],
        [700, 10, 800, 60],
        [-90, -90, -10, -10],
        [10.6, 10, 10.9, 20],
        [1e30, 1e30, 2e30, 2e30],
    ]
    assert _decode(_outputs(boxes), detector).hands == ()


def test_hundreds_of_detections_end_at_what_ids_can_name(detector: ModelDescription) -> None:
    boxes = [
        [20 * (n % 30), 20 * (n // 30), 20 * (n % 30) + 15, 20 * (n // 30) + 15] for n in range(700)
    ]
    scores = np.linspace(0.99, 0.5, 700)
    hands = _decode(_outputs(boxes, scores=scores), detector).hands
    assert [hand.id for hand in hands] == list(range(1, 256))
    assert hands[-1].score == pytest.approx(scores[254], abs=1e-6)


def test_masks_of_the_image_s_size_are_taken_as_they_are(detector: ModelDescription) -> None:
    told = replace(detector, mask_covers="image")
    masks = np.zeros((1, 1, *FRAME), np.float32)
    rows, columns = np.mgrid[: FRAME[0], : FRAME[1]]
    disc = (rows - 100) ** 2 + (columns - 200) ** 2 < 60**2
    masks[0, 0][disc] = 1
    # The paste has rounded: it goes beyond the box by a pixel.
    (hand,) = _decode(_outputs([[142, 42, 259, 159]], masks), told).hands
    np.testing.assert_array_equal(_mask(hand), disc)


@pytest.mark.parametrize("resize", sorted(set(RESIZE_TRANSFORMS) - {"none"}))
def test_a_box_of_the_input_is_found_in_the_frame(detector: ModelDescription, resize: str) -> None:
    told = replace(detector, input=replace(detector.input, resize=resize))  # type: ignore[arg-type]
    transform = RESIZE_TRANSFORMS[resize](FRAME, (256, 320))
    frame = np.zeros(FRAME, np.uint8)
    frame[120:360, 200:400] = 255
    rows, columns = np.nonzero(transform.apply(frame) > 200)
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    (hand,) = _decode(_outputs([box]), told, FULL).hands
    edges = hand.box.x, hand.box.y, hand.box.x + hand.box.width, hand.box.y + hand.box.height
    assert edges == pytest.approx((200, 120, 400, 360), abs=3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"boxes": np.zeros((1, 5))}, r"output 'boxes' has the shape \(1, 5\)"),
        ({"boxes": np.zeros((1, 1, 4))}, r"need \(1, 4\)"),
        ({"scores": np.zeros((2,))}, "the scores of 1 detections"),
        ({"labels": np.zeros((1, 1))}, "the labels of 1 detections"),
        ({"masks": np.zeros((1, 28))}, "the masks of 1 detections"),
        ({"masks": np.zeros((2, 28, 28))}, "the masks of 1 detections"),
        ({"masks": np.zeros((1, 3, 28, 28))}, "one or 2 where"),
        ({"masks": np.zeros((1, 1, 480, 640))}, "which is mask_covers: image"),
    ],
)
def test_outputs_that_are_not_as_described_are_refused(
    detector: ModelDescription, changes: dict[str, np.ndarray], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        _decode({**_outputs([[0, 0, 9, 9]]), **changes}, detector)


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_without_a_class_is_named(detector: ModelDescription, label: int) -> None:
    outputs = _outputs([[0, 0, 9, 9]], labels=[label])
    with pytest.raises(ModelError, match=rf"gave the label {label}, but .* the 2 classes"):
        _decode(outputs, detector)
    # What is not certain enough to count may be anything: graphs fill up with such.
    assert _decode(outputs, detector, replace(ALL, score=0.95)).hands == ()
