"""COCO's instance labels from what a model finds: one JSON file, with exact masks.

Format: https://cocodataset.org/#format-data. Masks are run lengths, not packed, so that no pixel
differs; `score`, and an image's `sequence`, are this project's own additions.
"""

from __future__ import annotations

from typing import Any

from handseg_ros.evaluation.labelled.shapes import LABELS
from handseg_ros.evaluation.run_lengths import run_counts
from handseg_ros.labelling.names import Labelled, labels_of
from handseg_ros.segmentation.hands import Segmentation


class CocoLabels:
    """Collects images with their labels."""

    def __init__(self) -> None:
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def add(self, file_name: str, sequence: str, segmentation: Segmentation) -> None:
        """Add an image with what was found in it."""
        shape = segmentation.height, segmentation.width
        # Ids from 1: COCO's own code takes 0 for "none".
        image = len(self._images) + 1
        self._images.append(
            {
                "id": image, "file_name": file_name, "sequence": sequence,
                "height": shape[0], "width": shape[1],
            }
        )  # fmt: skip
        for labelled in labels_of(segmentation):
            number = len(self._annotations) + 1
            self._annotations.append(
                {"id": number, "image_id": image, **_annotation(labelled, shape)}
            )

    def content(self) -> dict[str, Any]:
        """Return what the file holds."""
        categories = [{"id": number, "name": name} for number, name in enumerate(LABELS, start=1)]
        return {
            "images": self._images,
            "annotations": self._annotations,
            "categories": categories,
        }


def _annotation(labelled: Labelled, shape: tuple[int, int]) -> dict[str, Any]:
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
