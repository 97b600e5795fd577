"""Guards masks as run lengths: those of pycocotools, to the byte, from a box alone."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pycocotools.mask
import pytest

from handseg_ros.datasets.run_lengths import (
    counts_in,
    encode_inside,
    encode_mask,
    from_text,
    iou,
    to_text,
    union,
)
from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.run_lengths import check_counts

SHAPE = (23, 31)


def reference(mask: np.ndarray) -> bytes:
    return bytes(pycocotools.mask.encode(np.asfortranarray(mask, np.uint8))["counts"])


@pytest.mark.parametrize("density", [0.0, 0.03, 0.5, 0.97, 1.0])
def test_a_frame_s_mask_is_encoded_as_pycocotools_does(density: float) -> None:
    mask = np.random.default_rng(7).random(SHAPE) < density
    assert encode_mask(mask)["counts"] == reference(mask)


@pytest.mark.parametrize("density", [0.0, 0.002, 0.03, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("shape", [(23, 31), (300, 400)])
def test_counts_are_those_that_pycocotools_packed(density: float, shape: tuple[int, int]) -> None:
    mask = np.random.default_rng(7).random(shape) < density
    counts = counts_in(reference(mask).decode())
    check_counts(counts, shape)
    values = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    np.testing.assert_array_equal(values.reshape(shape[::-1]).T, mask)


@pytest.mark.parametrize(
    "text", ["", "!", "garbage!!~~~zz", "P", "o", "oooooooo1", "11", "O\u00e4", "0" * 9]
)
def test_any_other_text_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"run lengths|bits"):
        check_counts(counts_in(text), SHAPE)


@pytest.mark.parametrize("box", [Box(0, 0, 31, 23), Box(4, 0, 6, 23), Box(9, 5, 22, 18)])
def test_a_mask_in_a_box_is_that_of_the_frame(box: Box) -> None:
    mask = np.zeros(SHAPE, bool)
    mask[box.slices] = np.random.default_rng(8).random((box.height, box.width)) < 0.7
    runs = encode_inside(mask[box.slices], box, SHAPE)
    assert runs["counts"] == reference(mask)
    restored = pycocotools.mask.decode(from_text(to_text(runs), SHAPE))
    np.testing.assert_array_equal(restored, mask)


def test_union_and_iou_are_those_of_the_masks() -> None:
    random = np.random.default_rng(9)
    one, other = random.random((2, *SHAPE)) < 0.4
    runs = encode_mask(one), encode_mask(other)
    assert union(runs)["counts"] == reference(one | other)
    expected = np.count_nonzero(one & other) / np.count_nonzero(one | other)
    assert iou([runs[0]], [runs[1]]) == pytest.approx(expected)
    assert iou([], [runs[0]]).shape == (0, 1)
