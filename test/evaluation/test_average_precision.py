"""Guards COCO's mask AP as it is computed here, by examples worked out by hand."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from handseg_ros.evaluation.average_precision import (
    RunLengths,
    Shape,
    average_precision,
    encode,
    join,
    judge,
    mask_ap,
    resampled_precision,
)
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


def blobs(seed: int) -> RunLengths:
    """Return a frame of known hands and of found ones that are shifted, missing or wrong."""
    random = np.random.default_rng(seed)
    starts = np.sort(random.choice(20, 4, replace=False)) * 20
    known = [strip(start, start + 18) for start in starts[:3]]
    found = [
        (strip(start + random.integers(0, 9), start + 18), random.random()) for start in starts
    ]
    return frame(found, known)


def test_boxes_are_judged_as_boxes() -> None:
    known = strip(0, 100)
    ragged = known.copy()
    ragged[2:8, 10:90] = False
    frames = [frame([(ragged, 0.9)], [known])]
    assert average_precision(judge(frames, "bbox")).ap == pytest.approx(1)
    assert mask_ap(frames).ap50 == pytest.approx(1)
    assert mask_ap(frames).ap75 == 0


def test_frames_may_be_judged_in_pieces() -> None:
    frames = [blobs(seed) for seed in range(12)]
    pieces = join([judge(frames[:5]), judge([]), judge(frames[5:])])
    assert average_precision(pieces).ap == pytest.approx(mask_ap(frames).ap)
    assert average_precision(pieces).curve == pytest.approx(mask_ap(frames).curve)


def test_some_frames_may_be_judged_alone() -> None:
    frames = [blobs(seed) for seed in range(6)]
    chosen = np.array([True, False, True, True, False, False])
    some = [item for item, take in zip(frames, chosen, strict=True) if take]
    assert average_precision(judge(frames).only(chosen)).ap == pytest.approx(mask_ap(some).ap)


@pytest.mark.parametrize("shape", ["segm", "bbox"])
def test_a_resample_s_ap_is_that_of_frames_repeated(shape: Shape) -> None:
    frames = [blobs(seed) for seed in range(9)]
    owners, weights = np.repeat([0, 1, 2], 3), np.array([[1, 1, 1], [0, 2, 1], [3, 0, 0]])
    results = resampled_precision(judge(frames, shape), owners, weights)
    for row, result in zip(weights, results, strict=True):
        repeated = [item for n, item in enumerate(frames) for _ in range(row[owners[n]])]
        reference = average_precision(judge(repeated, shape))
        assert result == pytest.approx([reference.ap, reference.ap50, reference.ap75])


def test_a_resample_without_a_known_hand_has_no_ap() -> None:
    judged = judge([frame([(ONE, 0.9)], []), frame([(ONE, 0.9)], [ONE])])
    results = resampled_precision(judged, np.array([0, 1]), np.array([[2, 0], [0, 2]]))
    assert np.isnan(results[0]).all()
    assert results[1] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("shape", ["segm", "bbox"])
def test_it_is_what_pycocotools_reports_of_files(shape: Shape, tmp_path: Path) -> None:
    frames = [blobs(seed) for seed in range(6)]
    images = [{"id": n, "height": SHAPE[0], "width": SHAPE[1]} for n in range(len(frames))]
    known = [area(n, runs) for n, item in enumerate(frames) for runs in item.known]
    for number, annotation in enumerate(known, start=1):
        annotation |= {"id": number, "iscrowd": 0}
    content = {"images": images, "annotations": known, "categories": [{"id": 1, "name": "hand"}]}
    (tmp_path / "known.json").write_text(json.dumps(content))
    found = [
        area(n, runs) | {"score": score}
        for n, item in enumerate(frames)
        for runs, score in zip(item.found, item.scores, strict=True)
    ]
    reference = COCO(str(tmp_path / "known.json"))
    evaluation = COCOeval(reference, reference.loadRes(found), shape)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    own = average_precision(judge(frames, shape))
    assert (own.ap, own.ap50, own.ap75) == pytest.approx(evaluation.stats[:3])


def area(image: int, runs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "image_id": image,
        "category_id": 1,
        "segmentation": {"size": list(SHAPE), "counts": runs["counts"].decode()},
        "bbox": pycocotools.mask.toBbox(runs).tolist(),
        "area": float(pycocotools.mask.area(runs)),
    }
