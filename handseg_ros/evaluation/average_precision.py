"""COCO's average precision (AP) of masks and of boxes, computed by COCO's own code: pycocotools.

Definition: Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, and
https://cocodataset.org/#detection-eval. Precision is averaged over 101 levels of recall; the more
certain hands are taken first; AP is the mean over the IoU thresholds 0.50, 0.55, ... 0.95.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from handseg_ros.datasets.run_lengths import RunLength, coco, encode_mask

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
    """COCO's verdict on F frames: what AP needs of them, without the masks.

    `scores` is float64 (D) of all their found hands, and `frames` int (D) the frame of each, by its
    place among the F. `matched` and `ignored` are bool (10, D): whether each found hand is a known
    one, and whether it has no part, at each IoU threshold. `known` is int (F), the number of known
    hands that count in each frame.
    """

    scores: np.ndarray
    frames: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
    known: np.ndarray

    def only(self, chosen: np.ndarray) -> Judged:
        """Return the verdict on some of the frames, bool (F); they keep their places."""
        hands = chosen[self.frames]
        return Judged(
            self.scores[hands],
            self.frames[hands],
            self.matched[:, hands],
            self.ignored[:, hands],
            np.where(chosen, self.known, 0),
        )


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


def judge(frames: Sequence[RunLengths], shape: Shape = "segm") -> Judged:
    """Return the verdict on frames, on their masks or on the boxes around them.

    A frame's verdict does not depend on the others, so frames may be judged in pieces and joined.
    Raises HandsegError when pycocotools is missing.
    """
    if not frames:
        return Judged(np.zeros(0), np.zeros(0, int), *_no_hands(), np.zeros(0, int))
    # COCO's code reports its progress on standard output, where the figures go.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = coco().cocoeval.COCOeval(_known(frames), _found(frames), shape)
        _take_all_areas(evaluation)
        evaluation.evaluate()
    return join([_verdict(item) for item in evaluation.evalImgs])


def join(pieces: Sequence[Judged]) -> Judged:
    """Return the verdict on the frames of all pieces, one piece after the other."""
    before = np.cumsum([0, *(len(piece.known) for piece in pieces)])
    return Judged(
        np.concatenate([piece.scores for piece in pieces]),
        np.concatenate([piece.frames + n for piece, n in zip(pieces, before, strict=False)]),
        np.concatenate([piece.matched for piece in pieces], axis=1),
        np.concatenate([piece.ignored for piece in pieces], axis=1),
        np.concatenate([piece.known for piece in pieces]),
    )


def average_precision(judged: Judged) -> MaskAp:
    """Return the AP over frames that were judged; raises ValueError when no known hand counts."""
    if not judged.known.any():
        raise ValueError("the AP of no hands is not defined: give frames that have a hand")
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = coco().cocoeval.COCOeval(iouType="segm")
        _take_all_areas(evaluation)
        # All frames go in as one, which is what COCO's code puts them together to.
        evaluation.params.imgIds, evaluation.params.catIds = [0], [1]
        evaluation.params.maxDets = [max(1, len(judged.scores))]
        evaluation.evalImgs = [_as_coco(judged)]
        evaluation._paramsEval = evaluation.params
        evaluation.accumulate()
    # Axes: IoU threshold, recall, class, range of areas (only: all), most hands (only: all).
    precision = evaluation.eval["precision"][:, :, 0, 0, 0]
    ap, ap50, ap75 = _means(precision.mean(axis=1)).tolist()
    return MaskAp(ap, ap50, ap75, precision[_AT_50])


def resampled_precision(judged: Judged, owners: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return AP, AP50 and AP75 with every frame taken as often as its sequence was drawn.

    `owners` is int (F), the sequence of each frame, and `weights` (R, S), how often each sequence
    was drawn; returns float64 (R, 3), NaN where no known hand was drawn. It is `average_precision`
    of repeated frames, which pycocotools could do only by repeating them.
    """
    order = np.argsort(-judged.scores, kind="mergesort")
    matched, counted = judged.matched[:, order], ~judged.ignored[:, order]
    owner = owners[judged.frames[order]]
    known = np.bincount(owners, judged.known, weights.shape[1])
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
    indices = [np.searchsorted(row, RECALLS, side="left") for row in found / known]
    return np.take_along_axis(reached, np.array(indices), axis=1).mean(axis=1)


def _means(by_threshold: np.ndarray) -> np.ndarray:
    return np.array([by_threshold.mean(), by_threshold[_AT_50], by_threshold[_AT_75]])


def _take_all_areas(evaluation: Any) -> None:
    """Leave out COCO's own ranges of areas, whose pixels suit COCO's pictures alone."""
    evaluation.params.areaRng = [[0, 1e10]]
    evaluation.params.areaRngLbl = ["all"]


def _verdict(item: dict[str, Any] | None) -> Judged:
    """Return the verdict on one frame; COCO's code gives none where there is no hand at all."""
    if item is None:
        return Judged(np.zeros(0), np.zeros(0, int), *_no_hands(), np.zeros(1, int))
    scores = np.array(item["dtScores"], float)
    return Judged(
        scores,
        np.zeros(len(scores), int),
        np.array(item["dtMatches"]) > 0,
        np.array(item["dtIgnore"]) > 0,
        np.array([np.count_nonzero(np.array(item["gtIgnore"]) == 0)]),
    )


def _no_hands() -> tuple[np.ndarray, np.ndarray]:
    none = np.zeros((len(THRESHOLDS), 0), bool)
    return none, none


def _as_coco(judged: Judged) -> dict[str, Any]:
    return {
        "dtScores": judged.scores.tolist(),
        "dtMatches": judged.matched,
        "dtIgnore": judged.ignored,
        "gtIgnore": np.zeros(int(judged.known.sum())),
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
