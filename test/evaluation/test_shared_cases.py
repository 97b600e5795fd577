"""Guards labels as other people's tools wrote them: what each of the shared cases must come to."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handseg_ros.datasets.registry import open_dataset

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")

# Parts of the reason for which the only frame is left out.
SKIPPED = {
    "05-coco-coordinates/c_huge": "far outside",
    "05-coco-coordinates/c_inf": "no finite number",
    "05-coco-coordinates/c_nan": "no finite number",
    "05-coco-coordinates/c_rle_garb": "damaged",
    "05-coco-coordinates/c_rle_neg": "do not add up",
    "05-coco-coordinates/c_rle_over": "do not add up",
    "05-coco-coordinates/c_rle_short": "do not add up",
    "05-coco-coordinates/l_huge": "far outside",
    "06-size-of-label/c_exif3_stored": "--label-orientation",
    "06-size-of-label/c_resized": "320x240 pixels, but its picture 160x120",
    "06-size-of-label/f_exif3_stored": "--label-orientation",
    "06-size-of-label/l_resized": "320x240 pixels, but its picture 160x120",
    "10-coco-without-segmentation/c_bbox_hand": "a box alone",
}
# Known hands of the first frame; 0 where the mask does not tell one from another.
HANDS = {
    "06-size-of-label/c_exif6_stored": 2,
    "06-size-of-label/f_exif6_stored": 2,
    "07-capital-mask-suffix/capital": 2,
    "07-capital-mask-suffix/capital_mixed": 2,
    "07-capital-mask-suffix/vidc": 2,
    "10-coco-without-segmentation/c_bbox_other": 2,
    "10-coco-without-segmentation/c_crowdnull": 2,
    "10-coco-without-segmentation/c_flat": 2,
    "10-coco-without-segmentation/c_null_other": 2,
    "10-coco-without-segmentation/c_uuid": 2,
    "11-coco-file-names/c_abs": 2,
    "11-coco-file-names/c_cvat": 2,
    "11-coco-file-names/c_ls": 2,
    "11-coco-file-names/c_win": 2,
    "12-labelme-shapes/l_flagsnull": 2,
    "12-labelme-shapes/l_groupstr": 2,
    "12-labelme-shapes/l_mask": 2,
    "12-labelme-shapes/l_person": 2,
    "12-labelme-shapes/l_point_other": 2,
    "12-labelme-shapes/l_rect4": 1,
    "12-labelme-shapes/l_stray": 2,
    "12-labelme-shapes/l_typenull": 2,
    "14-grey-edges/m01": 0,
    "14-grey-edges/m254": 0,
    "14-grey-edges/maa": 0,
}
# Labels of frames beyond the first.
LABELLED = {
    "07-capital-mask-suffix/capital": 2,
    "07-capital-mask-suffix/capital_mixed": 2,
    "07-capital-mask-suffix/vidc": 3,
}


def set_of(case: str) -> Path:
    """Return what is given to `handseg evaluate` of a case's folder."""
    places = ("labels.json", "annotations/labels.json")
    files = [CASES / case / place for place in places]
    return next((file for file in files if file.is_file()), CASES / case)


@pytest.mark.parametrize("case", SKIPPED)
def test_what_cannot_be_right_is_skipped_with_its_reason(case: str) -> None:
    labelled = open_dataset(set_of(case))
    assert list(labelled) == []
    (skipped,) = labelled.skipped
    assert SKIPPED[case] in skipped.reason


@pytest.mark.parametrize("case", HANDS)
def test_what_tools_write_is_read(case: str) -> None:
    labelled = open_dataset(set_of(case))
    truths = [frame.ground_truth for frame in labelled if frame.ground_truth]
    assert labelled.skipped == []
    assert len(truths) == LABELLED.get(case, 1)
    assert truths[0].mask.any()
    assert truths[0].has_instances == bool(HANDS[case])
    if truths[0].has_instances:
        assert len(np.unique(truths[0].ids)) - 1 == HANDS[case]


def test_every_case_of_these_kinds_is_here() -> None:
    kinds = {case.partition("/")[0] for case in (*SKIPPED, *HANDS)}
    found = {f"{kind}/{path.name}" for kind in kinds for path in (CASES / kind).iterdir()}
    files = {case for case in found if not (CASES / case).is_dir()}
    assert found - files - {"07-capital-mask-suffix/bm"} == {*SKIPPED, *HANDS}
