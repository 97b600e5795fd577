"""Guards the decoder of boxes with mask coefficients: both layouts, suppression, exact cut-outs."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from handseg_ros.segmentation.decoders.yolo_seg import DECODER, decode
from handseg_ros.segmentation.description import ModelDescription, Thresholds
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import letterbox_centre
from handseg_ros.segmentation.hands import DecodedInstances, Segmentation, Side, Timings
from handseg_ros.tracking.tracker import Tracker

# The frame fills the middle of the input image: 80 rows above and below it are grey.
FRAME, INPUT_SIZE = (480, 640), (640, 640)
ALL = Thresholds(score=0.0, mask=0.5, minimum_area=0.0)
COEFFICIENTS = 4


@pytest.fixture
def raw(description: ModelDescription) -> ModelDescription:
    """Return the description of a network without suppression in its graph."""
    return replace(
        description,
        family="yolo_seg",
        classes=("hand", "other"),
        input=replace(description.input, width=640, height=640, resize="letterbox_centre"),
        outputs={name: name for name in DECODER.outputs},
        nms_iou_threshold=0.5,
        stride=None,
    )


@pytest.fixture
def final(raw: ModelDescription) -> ModelDescription:
    """Return the description of a network with suppression in its graph."""
    return replace(raw, nms_iou_threshold=None)


def _prototypes() -> np.ndarray:
    """Return prototypes: everything, the left and the upper half of the input image, nothing."""
    planes = np.full((1, COEFFICIENTS, 160, 160), -9, np.float32)
    planes[0, 0] = planes[0, 1, :, :80] = planes[0, 2, :80] = 9
    return planes


def _raw(
    rows: Sequence[tuple[Sequence[float], Sequence[float], int]], classes: int = 2
) -> dict[str, Any]:
    """Return outputs of (frame box, probabilities, prototype), and of anchors that see nothing."""
    values = np.zeros((1, 4 + classes + COEFFICIENTS, 100), np.float32)
    for place, (box, probabilities, prototype) in enumerate(rows):
        left, top, right, bottom = box
        centre = (left + right) / 2, (top + bottom) / 2 + 80
        values[0, :4, 7 * place] = *centre, right - left, bottom - top
        values[0, 4 : 4 + classes, 7 * place] = probabilities
        values[0, 4 + classes + prototype, 7 * place] = 1
    return {"predictions": values, "prototypes": _prototypes()}


def _final(rows: Sequence[tuple[Sequence[float], float, int]], count: int = 300) -> dict[str, Any]:
    """Return outputs of (frame box, score, class), filled up with zeros."""
    values = np.zeros((1, count, 6 + COEFFICIENTS), np.float32)
    for place, (box, score, label) in enumerate(rows):
        left, top, right, bottom = box
        values[0, place, :6] = left, top + 80, right, bottom + 80, score, label
        values[0, place, 6] = 1
    return {"predictions": values, "prototypes": _prototypes()}


def _decode(
    outputs: dict[str, Any], description: ModelDescription, thresholds: Thresholds = ALL
) -> DecodedInstances:
    return decode(outputs, letterbox_centre(FRAME, INPUT_SIZE), description, thresholds)


def test_a_box_is_cut_at_pixels_whose_centres_lie_in_it(raw: ModelDescription) -> None:
    outputs = _raw([([10.4, 20.6, 30.4, 40.6], [0.9, 0.1], 0)])
    (hand,) = _decode(outputs, raw).hands
    assert (hand.box.x, hand.box.y, hand.box.width, hand.box.height) == (10, 21, 20, 20)
    assert hand.area == 400
    assert hand.score == pytest.approx(0.9)
    assert hand.side is Side.UNKNOWN


@pytest.mark.parametrize(("prototype", "area"), [(0, 80_000), (1, 50_000), (2, 60_000)])
def test_coefficients_choose_among_prototypes(
    raw: ModelDescription, prototype: int, area: int
) -> None:
    # The input's middle is the frame's, too.
    outputs = _raw([([70, 90, 470, 290], [0.9, 0.1], prototype)])
    (hand,) = _decode(outputs, raw).hands
    assert hand.area == area


def test_a_mask_that_is_empty_is_no_hand(raw: ModelDescription) -> None:
    assert _decode(_raw([([70, 90, 470, 290], [0.9, 0.1], 3)]), raw).hands == ()


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_the_threshold_is_a_probability(raw: ModelDescription, threshold: float) -> None:
    outputs = _raw([([0, 0, 640, 480], [0.9, 0.1], 0)])
    logits = np.linspace(-5, 5, 160, dtype=np.float32)
    outputs["prototypes"][0, 0] = logits
    (hand,) = _decode(outputs, raw, replace(ALL, mask=threshold)).hands
    columns = np.interp((np.arange(640) + 0.5) / 4 - 0.5, np.arange(160), logits)
    assert hand.area == 480 * np.count_nonzero(1 / (1 + np.exp(-columns)) > threshold)


def test_a_hand_seen_by_many_anchors_is_one(raw: ModelDescription) -> None:
    rows = [([10 + n, 20, 110 + n, 120], [0.8 - 0.01 * n, 0.1], 0) for n in range(12)]
    (hand,) = _decode(_raw(rows), raw).hands
    assert hand.box.x == 10
    assert hand.area == 100 * 100


def test_hands_that_overlap_less_are_two(raw: ModelDescription) -> None:
    rows = [([0, 0, 100, 100], [0.9, 0.1], 0), ([60, 0, 160, 100], [0.8, 0.1], 0)]
    first, second = _decode(_raw(rows), raw).hands
    assert (first.box.x, first.box.width) == (0, 100)
    assert (second.box.x, second.box.width) == (100, 60)


def test_a_box_s_class_is_the_most_probable_one(raw: ModelDescription) -> None:
    rows = [([0, 0, 100, 100], [0.6, 0.7], 0), ([200, 0, 300, 100], [0.6, 0.5], 0)]
    (hand,) = _decode(_raw(rows), raw, replace(ALL, score=0.5)).hands
    assert hand.box.x == 200


def test_a_thing_of_another_class_suppresses_no_hand(raw: ModelDescription) -> None:
    told = replace(raw, classes=("hand", "object"))
    rows = [([0, 0, 100, 100], [0.6, 0.1], 0), ([2, 0, 102, 100], [0.1, 0.9], 0)]
    found = _decode(_raw(rows), told)
    assert found.objects is not None
    assert (len(found.hands), len(found.objects)) == (1, 1)
    assert found.hands[0].touches == (1,)


def test_both_sides_of_one_hand_are_one_hand(raw: ModelDescription) -> None:
    told = replace(raw, classes=("left_hand", "right_hand"))
    rows = [([0, 0, 100, 100], [0.6, 0.1], 0), ([2, 0, 102, 100], [0.1, 0.9], 0)]
    (hand,) = _decode(_raw(rows), told).hands
    assert hand.side is Side.RIGHT
    assert hand.side_confidence == pytest.approx(0.95)


def test_a_hardly_found_hand_of_a_side_keeps_it_while_it_is_tracked(raw: ModelDescription) -> None:
    told = replace(raw, classes=("left_hand", "right_hand"))
    (hand,) = _decode(_raw([([0, 0, 100, 100], [0.4, 0.1], 0)]), told).hands
    assert 0.5 < hand.side_confidence < 1.0
    tracker = Tracker()
    found = Segmentation(480, 640, (hand,), Timings(0.0, 0.0, 0.0))
    (tracked,) = [tracker.follow(found, 0.1 * frame) for frame in range(3)][-1].hands
    assert tracked.side is Side.LEFT


def test_detections_of_a_graph_that_suppresses(final: ModelDescription) -> None:
    rows = [
        ([0.0, 0, 100, 100], 0.9, 0),
        ([200.0, 0, 300, 100], 0.8, 1),
        ([400.0, 0, 500, 50], 0.3, 0),
    ]
    first, second = _decode(_final(rows), final).hands
    assert (first.box.x, first.area) == (0, 10_000)
    assert (second.box.x, second.area) == (400, 5_000)
    (certain,) = _decode(_final(rows), final, replace(ALL, score=0.5)).hands
    assert certain.box.x == 0


def test_what_lies_in_the_grey_is_cut_off(final: ModelDescription) -> None:
    rows = [
        ([-30.0, -60, 50, 40], 0.9, 0),
        ([600.0, 470, 700, 560], 0.8, 0),
        ([0.0, -70, 99, -10], 0.7, 0),
    ]
    first, second = _decode(_final(rows), final).hands
    assert (first.box.x, first.box.y, first.area) == (0, 0, 50 * 40)
    assert (second.box.x, second.box.y, second.area) == (600, 470, 40 * 10)


@pytest.mark.parametrize("layout", ["raw", "final"])
def test_nothing_is_found_in_nothing(request: pytest.FixtureRequest, layout: str) -> None:
    outputs = _raw([]) if layout == "raw" else _final([])
    told = request.getfixturevalue(layout)
    assert _decode(outputs, told) == DecodedInstances(())
    assert _decode(outputs, replace(told, classes=("hand", "object"))) == DecodedInstances((), ())
    if layout == "final":
        assert _decode(_final([], count=0), told) == DecodedInstances(())


def test_small_hands_are_left_out(final: ModelDescription) -> None:
    rows = [([0.0, 0, 100, 100], 0.9, 0), ([200.0, 0, 210, 10], 0.8, 0)]
    assert len(_decode(_final(rows), final, replace(ALL, minimum_area=0.001)).hands) == 1


def test_thousands_of_certain_anchors_end_at_what_ids_can_name(raw: ModelDescription) -> None:
    values = np.zeros((1, 4 + 2 + COEFFICIENTS, 8400), np.float32)
    random = np.random.default_rng(0)
    values[0, :2] = random.uniform(80, 560, (2, 8400))
    values[0, 2:4] = 6
    values[0, 4] = random.uniform(0.5, 1, 8400)
    values[0, 6] = 1
    outputs = {"predictions": values, "prototypes": _prototypes()}
    hands = _decode(outputs, raw).hands
    assert 100 < len(hands) <= 255
    assert hands[0].score == pytest.approx(values[0, 4].max())
    assert [hand.score for hand in hands] == sorted((h.score for h in hands), reverse=True)
    union = np.zeros(FRAME, int)
    for hand in hands:
        union[hand.box.slices] += hand.mask > 0
    assert union.max() == 1


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("predictions", (1, 9, 100), r"need \(1, 10, anchors\)"),
        ("predictions", (2, 10, 100), "'predictions' has the shape"),
        ("predictions", (10, 100), "'predictions' has the shape"),
        ("predictions", (1, 300, 10), "leave 'nms_iou_threshold' out"),
        ("prototypes", (4, 160, 160), "prototypes need"),
        ("prototypes", (2, 4, 160, 160), "prototypes need"),
    ],
)
def test_outputs_that_are_not_as_described_are_refused(
    raw: ModelDescription, name: str, shape: tuple[int, ...], words: str
) -> None:
    outputs = {**_raw([]), name: np.zeros(shape, np.float32)}
    with pytest.raises(ValueError, match=words):
        _decode(outputs, raw)


def test_a_graph_that_does_not_suppress_needs_to_be_told_so(final: ModelDescription) -> None:
    with pytest.raises(ValueError, match=r"need \(1, detections, 10\): give 'nms_iou_threshold'"):
        _decode(_raw([]), final)


def test_a_class_without_a_name_is_an_error(final: ModelDescription) -> None:
    with pytest.raises(ModelError, match="gave the label 2, but"):
        _decode(_final([([0.0, 0, 50, 50], 0.9, 2)]), final)
