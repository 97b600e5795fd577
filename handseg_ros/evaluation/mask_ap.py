"""COCO's average precision (AP) of masks and of boxes, computed by COCO's own code: pycocotools.

Definition: Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, and
https://cocodataset.org/#detection-eval. Precision is averaged over 101 levels of recall; the more
certain hands are taken first; AP is the mean over the IoU thresholds 0.50, 0.55, ... 0.95.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from handseg_ros.evaluation.run_lengths import RunLength, coco, encode_mask

# What is compared: masks, or the boxes around them.
Shape = Literal["segm", "bbox"]
RECALLS = np.linspace(0.0, 1.0, 101)
THRESHOLDS = np.linspace(0.5, 0.95, 10)
_AT_50, _AT_75 = 0, 5


@dataclass(frozen=True)
class RunLengths:
    """Hands of one frame of `shape` (height, width), each mask run-length encoded as COCO does.

    `scores` belong to `found`. Where `ignored` is true, a known hand neither counts when it is
    missed nor punishes found hands that lie in it (COCO's `iscrowd`).
    """

    shape: tuple[int, int]
    found: tuple[RunLength, ...]
    scores: tuple[float, ...]
    known: tuple[RunLength, ...]
    ignored: tuple[bool, ...]


@dataclass(frozen=True)
class Judged:
    """COCO's verdict on one frame: what AP needs of it, without the masks.

    `scores` is float64 (D) of its found hands, most certain first; `matched` and `ignored` are
    bool (10, D): whether each found hand is a known one, and whether it has no part, at each IoU
    threshold. `known` is the number of known hands that count.
    """

    scores: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
    known: int


@dataclass(frozen=True)
class MaskAp:
    """AP, mean over ten IoU thresholds, and AP at the IoU thresholds 0.50 and 0.75.

    `curve` is the precision at IoU 0.50 for each of `RECALLS`, float64 (101).
    """

    ap: float
    ap50: float
    ap75: float
    curve: np.ndarray


def encode(
    shape: tuple[int, int],
    found: Sequence[np.ndarray],
    scores: Sequence[float],
    known: Sequence[np.ndarray],
    ignored: Sequence[bool] = (),
) -> RunLengths:
    """Return the hands of one frame of `shape` (H, W) in a small form; masks are bool (H, W).

    Without `ignored` every known hand counts. Raises ValueError for a mask of another shape,
    HandsegError when pycocotools is missing.
    """
    for mask in (*found, *known):
        if mask.shape != shape:
            raise ValueError(f"a mask of shape {mask.shape} is not one of a frame of {shape}")
    flags = tuple(ignored) or (False,) * len(known)
    encoded_found, encoded_known = (tuple(map(encode_mask, masks)) for masks in (found, known))
    return RunLengths(shape, encoded_found, tuple(scores), encoded_known, flags)


def mask_ap(frames: Sequence[RunLengths]) -> MaskAp:
    """Return the AP over frames; raises ValueError when no known hand counts.

    Raises HandsegError when pycocotools is missing.
    """
    return average_precision(judge(frames))


def judge(frames: Sequence[RunLengths], shape: Shape = "segm") -> list[Judged]:
    """Return the verdict on each frame, on its masks or on the boxes around them.

    A frame's verdict does not depend on the others, so frames may be judged in pieces. Raises
    HandsegError when pycocotools is missing.
    """
    if not frames:
        return []
    # COCO's code reports its progress on standard output, where the figures go.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = coco().cocoeval.COCOeval(_known(frames), _found(frames), shape)
        _take_all_areas(evaluation)
        evaluation.evaluate()
    return [_verdict(item) for item in evaluation.evalImgs]


def average_precision(frames: Sequence[Judged]) -> MaskAp:
    """Return the AP over frames that were judged; raises ValueError when no known hand counts."""
    if not any(frame.known for frame in frames):
        raise ValueError("the AP of no hands is not defined: give frames that have a hand")
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = coco().cocoeval.COCOeval(iouType="segm")
        _take_all_areas(evaluation)
        evaluation.params.imgIds = list(range(len(frames)))
        evaluation.params.catIds = [1]
        evaluation.evalImgs = [_as_coco(frame) for frame in frames]
        evaluation._paramsEval = evaluation.params
        evaluation.accumulate()
    # Axes: IoU threshold, recall, class, range of areas (only: all), most hands (last: 100).
    precision = evaluation.eval["precision"][:, :, 0, 0, -1]
    ap, ap50, ap75 = _means(precision.mean(axis=1)).tolist()
    return MaskAp(ap, ap50, ap75, precision[_AT_50])


def resampled_precision(
    frames: Sequence[Judged], owners: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return AP, AP50 and AP75 with every frame taken as often as its sequence was drawn.

    `owners` is int (F), the sequence of each frame, and `weights` int (R, S), how often each
    sequence was drawn; returns float64 (R, 3), NaN where no known hand was drawn. It is
    `average_precision` of repeated frames, which pycocotools could do only by repeating them.
    """
    scores = np.concatenate([frame.scores for frame in frames])
    order = np.argsort(-scores, kind="mergesort")
    matched = np.concatenate([frame.matched for frame in frames], axis=1)[:, order]
    counted = ~np.concatenate([frame.ignored for frame in frames], axis=1)[:, order]
    owner = np.repeat(owners, [len(frame.scores) for frame in frames])[order]
    known = np.bincount(owners, [frame.known for frame in frames], weights.shape[1])
    return np.array(
        [
            _means(_weighted(matched & counted, ~matched & counted, row[owner], row @ known))
            for row in weights
        ]
    ).reshape(-1, 3)


def _weighted(right: np.ndarray, wrong: np.ndarray, weight: np.ndarray, known: float) -> np.ndarray:
    """Return the mean precision over recalls at each threshold, as COCOeval.accumulate has it."""
    if not known:
        return np.full(len(THRESHOLDS), np.nan)
    found, false = np.cumsum(right * weight, axis=1), np.cumsum(wrong * weight, axis=1)
    precision = found / np.maximum(found + false, np.spacing(1))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    reached = np.concatenate([envelope, np.zeros((len(THRESHOLDS), 1))], axis=1)
    places = [np.searchsorted(row, RECALLS, side="left") for row in found / known]
    return np.take_along_axis(reached, np.array(places), axis=1).mean(axis=1)


def _means(by_threshold: np.ndarray) -> np.ndarray:
    return np.array([by_threshold.mean(), by_threshold[_AT_50], by_threshold[_AT_75]])


def _take_all_areas(evaluation: Any) -> None:
    """Leave out COCO's own ranges of areas, whose pixels suit COCO's pictures alone."""
    evaluation.params.areaRng = [[0, 1e10]]
    evaluation.params.areaRngLbl = ["all"]


def _verdict(item: dict[str, Any] | None) -> Judged:
    if item is None:  # neither a found nor a known hand
        none = np.zeros((len(THRESHOLDS), 0), bool)
        return Judged(np.zeros(0), none, none, 0)
    return Judged(
        np.array(item["dtScores"], float),
        np.array(item["dtMatches"]) > 0,
        np.array(item["dtIgnore"]) > 0,
        int(np.count_nonzero(np.array(item["gtIgnore"]) == 0)),
    )


def _as_coco(frame: Judged) -> dict[str, Any]:
    return {
        "dtScores": frame.scores.tolist(),
        "dtMatches": frame.matched,
        "dtIgnore": frame.ignored,
        "gtIgnore": np.zeros(frame.known),
    }


def _known(frames: Sequence[RunLengths]) -> Any:
    return _data_set(
        frames,
        [
            {"image_id": number, "segmentation": mask, "iscrowd": int(ignored)}
            for number, frame in enumerate(frames)
            for mask, ignored in zip(frame.known, frame.ignored, strict=True)
        ],
    )


def _found(frames: Sequence[RunLengths]) -> Any:
    return _data_set(
        frames,
        [
            {"image_id": number, "segmentation": mask, "score": score}
            for number, frame in enumerate(frames)
            for mask, score in zip(frame.found, frame.scores, strict=True)
        ],
    )


def _data_set(frames: Sequence[RunLengths], annotations: list[dict[str, Any]]) -> Any:
    tools = coco()
    data = tools.coco.COCO()
    data.dataset = {
        "images": [
            {"id": number, "height": frame.shape[0], "width": frame.shape[1]}
            for number, frame in enumerate(frames)
        ],
        "categories": [{"id": 1, "name": "hand"}],
        # Ids from 1: COCO's code takes 0 for "not matched".
        "annotations": [
            {
                **item,
                "id": number,
                "category_id": 1,
                "area": float(tools.mask.area(item["segmentation"])),
                "bbox": tools.mask.toBbox(item["segmentation"]).tolist(),
            }
            for number, item in enumerate(annotations, start=1)
        ],
    }
    data.createIndex()
    return data
