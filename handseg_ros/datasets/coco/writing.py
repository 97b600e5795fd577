"""COCO's instance labels from what a model finds: one JSON file, with exact masks.

Format: https://cocodataset.org/#format-data. Masks are run lengths, not packed, so that no pixel
differs; `score`, and an image's `sequence`, are this project's own additions.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handseg_ros.datasets.annotations import LABELS
from handseg_ros.datasets.first_labels import coco_digest
from handseg_ros.datasets.label_names import LabelledRegion, labelled_regions
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.run_lengths import run_counts

_CATEGORIES = [{"id": number, "name": name} for number, name in enumerate(LABELS, start=1)]


class CocoLabels:
    """Collects images with their labels."""

    def __init__(self, before: Mapping[str, Any] | None = None) -> None:
        """Begin anew, or with what `content` gave before, as it was corrected since.

        Raises MediaError where that has other categories.
        """
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        if before is not None:
            if before.get("categories") != _CATEGORIES:
                raise MediaError(
                    "the COCO file of what was labelled before has other categories than it was "
                    "written with, so nothing can be added: label into a new folder"
                )
            self._images += before["images"]
            self._annotations += before["annotations"]
        self._image_ids, self._annotation_ids = _Ids(self._images), _Ids(self._annotations)

    @property
    def file_names(self) -> list[str]:
        """Return the names of the pictures with labels."""
        return [image["file_name"] for image in self._images]

    def add(
        self, file_name: str, sequence: str, segmentation: Segmentation
    ) -> list[dict[str, Any]]:
        """Add an image with what was found in it, and return its annotations."""
        shape = segmentation.height, segmentation.width
        image = self._image_ids.next()
        self._images.append(
            {
                "id": image, "file_name": file_name, "sequence": sequence,
                "height": shape[0], "width": shape[1],
            }
        )  # fmt: skip
        own = [
            {"id": self._annotation_ids.next(), "image_id": image, **_annotation(labelled, shape)}
            for labelled in labelled_regions(segmentation)
        ]
        self._annotations += own
        return own

    def content(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            "images": self._images,
            "annotations": self._annotations,
            "categories": _CATEGORIES,
        }


class _Ids:
    """Ids that none has; the first is 1, as COCO's own code takes 0 for "none".

    Those that are there are looked at once. A person's tool may have made texts of them.
    """

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        used = (str(item.get("id")) for item in items)
        self._last = max((int(number) for number in used if number.isdecimal()), default=0)

    def next(self) -> int:
        self._last += 1
        return self._last


def annotations_digest(annotations: Sequence[Mapping[str, Any]]) -> str:
    """Return what annotations of one image say, in short: another one after any correction."""
    return coco_digest(
        (LABELS[item["category_id"] - 1], item["segmentation"], item["iscrowd"])
        for item in annotations
    )


def _annotation(labelled: LabelledRegion, shape: tuple[int, int]) -> dict[str, Any]:
    box = labelled.box
    counts = run_counts(labelled.part.mask > 0, box, shape)
    return {
        "category_id": LABELS.index(labelled.name) + 1,
        "segmentation": {
            "size": list(shape),
            "counts": counts,
        },
        "area": labelled.part.area,
        "bbox": [box.x, box.y, box.width, box.height],
        "iscrowd": 0,
        "score": round(labelled.part.score, 4),
    }
