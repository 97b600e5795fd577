"""Guards COCO's mask AP as it is computed here, by examples worked out by hand."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from handseg_ros.evaluation.mask_ap import RunLengths, encode, mask_ap
from handseg_ros.segmentation.errors import HandsegError

SHAPE = (10, 400)
# COCO reads precision at recall 0.00, 0.01, ... 1.00; a recall of one half reaches 51 of them.
HALF = 51 / 101


def strip(first: int, last: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[:, first:last] = True
    return mask


ONE, OTHER, ELSEWHERE = strip(0, 100), strip(150, 250), strip(300, 400)


def frame(
    found: list[tuple[np.ndarray, float]], known: list[np.ndarray], ignored: tuple[bool, ...] = ()
) -> RunLengths:
    masks, scores = [mask for mask, _ in found], [score for _, score in found]
    return encode(SHAPE, masks, scores, known, ignored)


def test_all_found_exactly_is_one() -> None:
    result = mask_ap([frame([(ONE, 0.9), (OTHER, 0.6)], [ONE, OTHER])])
    assert (result.ap, result.ap50, result.ap75) == pytest.approx((1, 1, 1))


def test_nothing_found_is_zero() -> None:
    assert mask_ap([frame([], [ONE])]).ap == 0


def test_one_of_two_hands_found_reaches_half_the_recall() -> None:
    assert mask_ap([frame([(ONE, 0.9)], [ONE, OTHER])]).ap50 == pytest.approx(HALF)
    in_two_frames = [frame([(ONE, 0.9)], [ONE]), frame([], [OTHER])]
    assert mask_ap(in_two_frames).ap50 == pytest.approx(HALF)


def test_a_wrong_hand_costs_precision_only_where_it_is_more_certain() -> None:
    less = frame([(ONE, 0.9), (ELSEWHERE, 0.5)], [ONE, OTHER])
    more = frame([(ONE, 0.5), (ELSEWHERE, 0.9)], [ONE, OTHER])
    assert mask_ap([less]).ap50 == pytest.approx(HALF)
    assert mask_ap([more]).ap50 == pytest.approx(HALF / 2)


def test_an_overlap_of_0_72_passes_five_of_ten_thresholds() -> None:
    result = mask_ap([frame([(strip(0, 72), 0.9)], [ONE])])
    assert (result.ap, result.ap50, result.ap75) == pytest.approx((0.5, 1, 0))


def test_an_ignored_hand_neither_counts_nor_punishes() -> None:
    missed = frame([(ONE, 0.9)], [ONE, OTHER], (False, True))
    found = frame([(ONE, 0.9), (OTHER, 0.95)], [ONE, OTHER], (False, True))
    found_as_another = frame([(ONE, 0.9), (OTHER, 0.95)], [ONE])
    assert mask_ap([missed]).ap50 == pytest.approx(1)
    assert mask_ap([found]).ap50 == pytest.approx(1)
    assert mask_ap([found_as_another]).ap50 == pytest.approx(0.5)


def test_frames_without_any_hand_may_stand_among_others() -> None:
    assert mask_ap([frame([], []), frame([(ONE, 0.9)], [ONE])]).ap50 == pytest.approx(1)
    marked = [frame([(ELSEWHERE, 0.95)], []), frame([(ONE, 0.9)], [ONE])]
    assert mask_ap(marked).ap50 == pytest.approx(0.5)


@pytest.mark.parametrize("frames", [[], [frame([(ONE, 0.9)], [])], [frame([], [ONE], (True,))]])
def test_the_ap_of_no_hands_is_refused(frames: list[RunLengths]) -> None:
    with pytest.raises(ValueError, match="not defined"):
        mask_ap(frames)


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(3, 3\) is not one of a frame of \(10, 400\)"):
        encode(SHAPE, [np.ones((3, 3), bool)], [0.9], [ONE])


def test_only_figures_come_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    mask_ap([frame([(ONE, 0.9)], [ONE])])
    assert capsys.readouterr().out == ""


def test_without_pycocotools_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # What Python itself takes for "not to be had".
    monkeypatch.setitem(sys.modules, "pycocotools.mask", None)
    with pytest.raises(HandsegError, match=r"without pycocotools .*: install it with pip install"):
        frame([(ONE, 0.9)], [ONE])
