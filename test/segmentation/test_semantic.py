"""Guards the decoder of networks with a channel for each class: exact masks, at little cost."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from handseg_ros.segmentation.decoders.semantic import decode
from handseg_ros.segmentation.description import ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.hands import Hand, Side

ROWS, COLUMNS = 48, 64
FRAME = (480, 640)
ALL = Thresholds(score=0.0, mask=0.5, minimum_area=0.0)
# A pixel that lies on the outline may fall to either side.
SHARE = 0.00002


@pytest.fixture
def semantic(description: ModelDescription) -> ModelDescription:
    """Return the description of a two-class network that stretches its image."""
    return replace(
        description,
        family="semantic",
        input=replace(description.input, resize="stretch"),
        outputs={"logits": "out"},
        output_layout="NCHW",
        activation="softmax",
        stride=None,
    )


def _blobs(seed: int, classes: int, size: tuple[int, int] = (ROWS, COLUMNS)) -> np.ndarray:
    """Return smooth random logits (1, classes, rows, columns) with some blobs of each class."""
    noise = np.random.default_rng(seed).normal(size=(*size, classes)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3).reshape(*size, classes)
    return np.ascontiguousarray(smooth.transpose(2, 0, 1)[None] * 30)


def _enlarged(plane: np.ndarray, frame: tuple[int, int] = FRAME) -> np.ndarray:
    return cv2.resize(plane, frame[::-1], interpolation=cv2.INTER_LINEAR)


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _hands(
    logits: np.ndarray,
    description: ModelDescription,
    thresholds: Thresholds = ALL,
    frame: tuple[int, int] = FRAME,
) -> tuple[Hand, ...]:
    input_size = description.input.height, description.input.width
    transform = RESIZE_TRANSFORMS[description.input.resize](frame, input_size)
    return decode({"logits": logits}, transform, description, thresholds).hands


def _mask(hands: tuple[Hand, ...], frame: tuple[int, int] = FRAME) -> np.ndarray:
    image = np.zeros(frame, bool)
    for hand in hands:
        assert not image[hand.box.slices][hand.mask > 0].any(), "two hands share a pixel"
        image[hand.box.slices] |= hand.mask > 0
    return image


def _assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    assert 0.02 < expected.mean() < 0.98, "there should be something to compare"
    assert np.mean(found != expected) < SHARE


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_softmax_is_interpolated_and_compared(
    semantic: ModelDescription, classes: int, threshold: float
) -> None:
    names = ("background", "hand", *(f"other_{n}" for n in range(classes - 2)))
    logits = _blobs(classes, classes)
    hands = _hands(logits, replace(semantic, classes=names), replace(ALL, mask=threshold))
    _assert_same(_mask(hands), _enlarged(_softmax(logits)[0, 1]) > threshold)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
def test_one_channel_of_a_sigmoid(semantic: ModelDescription, threshold: float) -> None:
    logits = _blobs(1, 1)
    told = replace(semantic, classes=("hand",), activation="sigmoid")
    hands = _hands(logits, told, replace(ALL, mask=threshold))
    _assert_same(_mask(hands), _enlarged(1 / (1 + np.exp(-logits[0, 0]))) > threshold)


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_argmax_of_interpolated_logits(semantic: ModelDescription, classes: int) -> None:
    names = ("background", "hand", *(f"other_{n}" for n in range(classes - 2)))
    logits = _blobs(classes, classes)
    hands = _hands(logits, replace(semantic, classes=names, activation="argmax"))
    planes = np.stack([_enlarged(plane) for plane in logits[0]])
    _assert_same(_mask(hands), planes.argmax(axis=0) == 1)


def test_a_class_can_win_between_cells_of_others(semantic: ModelDescription) -> None:
    # The hand is second on either side of the border, and first on the border itself.
    logits = np.zeros((1, 3, 48, 64), np.float32)
    logits[0, 0, :, :32] = logits[0, 2, :, 32:] = 10
    logits[0, 1] = 9
    told = replace(semantic, classes=("left", "hand", "right"), activation="argmax")
    (hand,) = _hands(logits, told)
    assert (hand.box.y, hand.box.height) == (0, 480)
    assert 310 < hand.box.x < 320 < hand.box.x + hand.box.width < 330


def test_a_class_that_loses_everywhere_changes_nothing(semantic: ModelDescription) -> None:
    logits = _blobs(7, 4)
    logits[0, 3] = logits[0, 0] - 1
    logits[0, 2] -= 200
    told = replace(semantic, classes=("background", "hand", "b", "c"), activation="argmax")
    two = replace(semantic, classes=("background", "hand"), activation="argmax")
    np.testing.assert_array_equal(_mask(_hands(logits, told)), _mask(_hands(logits[:, :2], two)))
    planes = np.stack([_enlarged(plane) for plane in logits[0]])
    _assert_same(_mask(_hands(logits, told)), planes.argmax(axis=0) == 1)


def test_probabilities_are_taken_as_they_are(semantic: ModelDescription) -> None:
    probability = _softmax(_blobs(3, 2))
    hands = _hands(probability, replace(semantic, activation="none"))
    _assert_same(_mask(hands), _enlarged(probability[0, 1]) > 0.5)


@pytest.mark.parametrize("activation", ["softmax", "argmax", "none"])
def test_channels_last_are_the_same(semantic: ModelDescription, activation: str) -> None:
    planar = replace(semantic, activation=activation)  # type: ignore[arg-type]
    values = _blobs(4, 2) if activation != "none" else _softmax(_blobs(4, 2))
    last = np.ascontiguousarray(values.transpose(0, 2, 3, 1))
    hands = _hands(values, planar)
    other = _hands(last, replace(planar, output_layout="NHWC"))
    np.testing.assert_array_equal(_mask(other), _mask(hands))
    assert [hand.score for hand in other] == pytest.approx([hand.score for hand in hands])


@pytest.mark.parametrize("frame", [(480, 640), (333, 501), (20, 30), (1080, 1920)])
@pytest.mark.parametrize("resize", ["stretch", "letterbox", "letterbox_centre", "crop"])
@pytest.mark.parametrize(("activation", "classes"), [("softmax", 2), ("argmax", 2), ("argmax", 4)])
def test_hands_are_the_mask_s_connected_regions(
    semantic: ModelDescription, activation: str, classes: int, resize: str, frame: tuple[int, int]
) -> None:
    told = replace(
        semantic,
        input=replace(semantic.input, resize=resize),  # type: ignore[arg-type]
        activation=activation,  # type: ignore[arg-type]
        classes=("background", "hand", "other", "another")[:classes],
    )
    logits = _blobs(5, classes, (256, 320))
    hands = _hands(logits, told, frame=frame)
    mask = _mask(hands, frame)
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    assert len(hands) == count - 1 > 1
    areas = np.bincount(labels.ravel())
    for hand in hands:
        (label,) = np.unique(labels[hand.box.slices][hand.mask > 0])
        rows, columns = np.nonzero(labels[hand.box.slices] == label)
        assert len(rows) == areas[label] == hand.area, "none of it should lie outside of the box"
        middle = hand.box.x + columns.mean(), hand.box.y + rows.mean()
        assert hand.centroid == pytest.approx(middle, abs=1e-6)
        assert (columns.min(), rows.min()) == (0, 0)
        assert hand.mask.shape == (np.ptp(rows) + 1, np.ptp(columns) + 1)


def test_the_score_is_the_mean_probability_inside(semantic: ModelDescription) -> None:
    logits = _blobs(6, 2)
    hands = _hands(logits, semantic)
    probability = _enlarged(_softmax(logits)[0, 1])
    for hand in hands:
        inside = probability[hand.box.slices][hand.mask > 0]
        assert hand.score == pytest.approx(inside.mean(), abs=0.02)
        assert (hand.side, hand.side_confidence) == (Side.UNKNOWN, 0.0)
    assert [hand.score for hand in hands] == sorted((h.score for h in hands), reverse=True)
    assert [hand.id for hand in hands] == list(range(1, len(hands) + 1))


def test_small_and_doubtful_hands_are_left_out(semantic: ModelDescription) -> None:
    logits = _blobs(7, 2)
    every = _hands(logits, semantic)
    share = sorted(hand.area for hand in every)[len(every) // 2] / (480 * 640)
    large = _hands(logits, semantic, replace(ALL, minimum_area=share))
    assert {hand.area for hand in large} == {h.area for h in every if h.area >= share * 480 * 640}
    assert 0 < len(large) < len(every)
    score = every[len(every) // 2].score
    certain = _hands(logits, semantic, replace(ALL, score=score))
    assert len(certain) == sum(hand.score >= score for hand in every) < len(every)


def test_hundreds_of_regions_end_at_what_ids_can_name(semantic: ModelDescription) -> None:
    logits = np.full((1, 2, 96, 128), -5, np.float32)
    logits[0, 1, ::4, ::4] = 5
    hands = _hands(logits, semantic)
    assert [hand.id for hand in hands] == list(range(1, 256))


@pytest.mark.parametrize("activation", ["softmax", "argmax", "none"])
def test_nothing_is_found_in_nothing(semantic: ModelDescription, activation: str) -> None:
    told = replace(semantic, activation=activation)  # type: ignore[arg-type]
    assert _hands(np.zeros((1, 2, 48, 64), np.float32), told) == ()


def test_all_of_the_frame_can_be_hand(semantic: ModelDescription) -> None:
    logits = np.zeros((1, 2, 48, 64), np.float32)
    logits[0, 1] = 9
    (hand,) = _hands(logits, semantic)
    assert hand.area == 480 * 640


@pytest.mark.parametrize(
    ("shape", "changes", "words"),
    [
        ((1, 3, 48, 64), {}, "need 2 channels"),
        ((1, 48, 64, 2), {}, "need 2 channels"),
        ((1, 48, 64), {}, "need 2 channels"),
        ((2, 2, 48, 64), {}, "need 2 channels"),
        ((1, 2, 48, 64), {"output_layout": "NHWC"}, "NHWC need 2 channels"),
        ((1, 1, 48, 64), {"classes": ("hand",)}, "only one"),
    ],
)
def test_an_output_that_is_not_as_described_is_refused(
    semantic: ModelDescription,
    shape: tuple[int, ...],
    changes: dict[str, object],
    words: str,
) -> None:
    told = replace(semantic, **changes)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=words):
        _hands(np.zeros(shape, np.float32), told)
