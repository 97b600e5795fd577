"""Puts the hands and objects of a picture into what its labelme file says, and leaves all else."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handseg_ros.datasets.annotations import LABELS
from handseg_ros.datasets.area import Area
from handseg_ros.datasets.field_names import OTHER_LABELS
from handseg_ros.datasets.frame_picture import label_frame
from handseg_ros.datasets.label_options import LabelOrientation
from handseg_ros.datasets.labelme.exact_writing import labelme_content_of
from handseg_ros.datasets.labelme.file import LabelmeContent, labelme_content
from handseg_ros.image_messages.orientation import NORMAL, orientation_of
from handseg_ros.segmentation.errors import MediaError

_SHAPES = "shapes"


def rewritten_labelme(
    file: Path, picture: Path, areas: Sequence[Area], shape: tuple[int, int]
) -> str:
    """Return the text of the file beside a picture of `shape` (H, W), upright, with these areas.

    What a file that is there says besides, such as shapes of other labels, flags and tags, stays.
    Raises MediaError, also for such shapes that would lie elsewhere on the upright picture.
    """
    own = labelme_content_of(picture.name, areas, shape)
    try:
        before = json.loads(file.read_bytes())
        content = labelme_content(before)
    except (FileNotFoundError, ValueError, TypeError, AttributeError, RecursionError):
        return json.dumps(own)
    told = zip(content.shapes, before[_SHAPES], strict=True)
    others = [(known.label, item) for known, item in told if known.label not in LABELS]
    if others:
        if not _is_upright(content, picture, shape):
            raise MediaError(
                f"'{file}' has shapes of '{others[0][0]}' that were drawn on the picture as it is "
                "stored, turned, and would lie elsewhere on the upright one that you labelled: "
                "turn the picture's pixels and these shapes upright, or delete the shapes"
            )
        own[_SHAPES] += [item for _, item in others]
        own[OTHER_LABELS] = sorted({label for label, _ in others})
    return json.dumps({**_besides(before), **own, **_flags(before)})


def _is_upright(content: LabelmeContent, picture: Path, shape: tuple[int, int]) -> bool:
    orientation = orientation_of(picture.read_bytes())
    drawn_on = LabelOrientation.UPRIGHT if content.is_upright else LabelOrientation.AUTO
    return label_frame(shape, orientation, content.shape, drawn_on).orientation == NORMAL


def _besides(before: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in before.items() if name != OTHER_LABELS}


def _flags(before: dict[str, Any]) -> dict[str, Any]:
    return {"flags": before["flags"]} if "flags" in before else {}
