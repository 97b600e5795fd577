"""COCO's average precision (AP) of masks, computed by COCO's own code: pycocotools.

Definition: Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, and
https://cocodataset.org/#detection-eval. Precision is averaged over 101 levels of recall; the more
certain hands are taken first; AP is the mean over the IoU thresholds 0.50, 0.55, ... 0.95.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handseg_ros.segmentation.errors import HandsegError


@dataclass(frozen=True)
class RunLengths:
    """Hands of one frame of `shape` (height, width), each mask run-length encoded as COCO does.

    `scores` belong to `found`. Where `ignored` is true, a known hand neither counts when it is
    missed nor punishes found hands that lie in it (COCO's `iscrowd`).
    """

    shape: tuple[int, int]
    found: tuple[dict[str, Any], ...]
    scores: tuple[float, ...]
    known: tuple[dict[str, Any], ...]
    ignored: tuple[bool, ...]


@dataclass(frozen=True)
class MaskAp:
    """AP, mean over ten IoU thresholds, and AP at the IoU thresholds 0.50 and 0.75."""

    ap: float
    ap50: float
    ap75: float


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
    encode_mask = _pycocotools().mask.encode

    def encoded(masks: Sequence[np.ndarray]) -> tuple[dict[str, Any], ...]:
        return tuple(encode_mask(np.asfortranarray(mask, np.uint8)) for mask in masks)

    flags = tuple(ignored) or (False,) * len(known)
    return RunLengths(shape, encoded(found), tuple(scores), encoded(known), flags)


def mask_ap(frames: Sequence[RunLengths]) -> MaskAp:
    """Return the AP over frames; raises ValueError when no known hand counts.

    Raises HandsegError when pycocotools is missing.
    """
    if all(all(frame.ignored) for frame in frames):
        raise ValueError("the AP of no hands is not defined: give frames that have a hand")
    module = _pycocotools().cocoeval
    # COCO's code reports its progress on standard output, where the figures go.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = module.COCOeval(_known(frames), _found(frames), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
    # Axes: IoU threshold, recall, class, range of areas (first: all), most hands (last: 100).
    by_threshold = evaluation.eval["precision"][:, :, 0, 0, -1].mean(axis=1)
    thresholds = list(np.round(evaluation.params.iouThrs, 2))
    return MaskAp(
        float(by_threshold.mean()),
        float(by_threshold[thresholds.index(0.5)]),
        float(by_threshold[thresholds.index(0.75)]),
    )


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
    area = _pycocotools().mask.area
    data = _pycocotools().coco.COCO()
    data.dataset = {
        "images": [
            {"id": number, "height": frame.shape[0], "width": frame.shape[1]}
            for number, frame in enumerate(frames)
        ],
        "categories": [{"id": 1, "name": "hand"}],
        # Ids from 1: COCO's code takes 0 for "not matched".
        "annotations": [
            {**item, "id": number, "category_id": 1, "area": float(area(item["segmentation"]))}
            for number, item in enumerate(annotations, start=1)
        ],
    }
    data.createIndex()
    return data


def _pycocotools() -> Any:
    """Return the package with its modules `coco`, `cocoeval` and `mask`."""
    try:
        import pycocotools.coco
        import pycocotools.cocoeval
        import pycocotools.mask
    except ImportError as error:
        raise HandsegError(
            f"mask AP cannot be measured without pycocotools ({error}): install it with "
            "pip install 'pycocotools>=2.0.7'"
        ) from error
    return pycocotools
