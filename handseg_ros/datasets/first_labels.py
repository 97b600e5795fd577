"""Labels that a model wrote for people to correct, and which of them were corrected since.

`handseg label-bag` leaves `run.json`, which names the model, and `first_labels.jsonl`, a line for
each frame with the digests of its labels as they were written. A label whose digest is another one
was corrected. Digests are of what a label says, not of its bytes: a tool that opens a file and
saves it again corrects nothing.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handseg_ros.datasets.frames import LabelOrigin

RUN, FIRST_LABELS = "run.json", "first_labels.jsonl"
# Digits of a pixel that a tool keeps when it saves a corner again.
_PLACES = 2
_DIGEST_LENGTH = 32


@dataclass(frozen=True)
class FirstLabels:
    """The model that wrote the labels of a folder, and the digest of each frame's, by its stem.

    `digests` is None where the folder does not tell: it was written by an older version.
    """

    model: str
    digests: Mapping[str, str] | None

    @classmethod
    def near(cls, folders: Iterable[Path], kind: str) -> FirstLabels | None:
        """Return what the first of some folders tells of labels of a kind, None where none does."""
        for folder in folders:
            model = _model_in(folder / RUN)
            if model is not None:
                return cls(model, _digests_in(folder / FIRST_LABELS, kind))
        return None

    def origin(self, stem: str, digest: str) -> LabelOrigin | None:
        """Return where a frame's label comes from; None for one that the model did not write."""
        if self.digests is None:
            return LabelOrigin(self.model, None)
        if stem not in self.digests:
            return None
        return LabelOrigin(self.model, self.digests[stem] != digest)


# The kinds of labels, and the keys of their digests.
LABELME, COCO = "labelme", "coco"


def first_label_line(stem: str, labelme: str, coco: str) -> bytes:
    """Return the line of `first_labels.jsonl` for a frame."""
    return json.dumps({"name": stem, LABELME: labelme, COCO: coco}).encode() + b"\n"


def labelme_digest(
    shapes: Iterable[tuple[str, str, Iterable[tuple[float, float]], Hashable | None]],
) -> str:
    """Return the digest of shapes: label, kind, corners and group of each, in any order."""
    return _digest(
        [label, kind, [[round(x, _PLACES), round(y, _PLACES)] for x, y in points], str(group)]
        for label, kind, points, group in shapes
    )


def coco_digest(annotations: Iterable[tuple[str | None, Any, bool]]) -> str:
    """Return the digest of annotations: label, segmentation and crowd of each, in any order."""
    return _digest([label, segmentation, bool(crowd)] for label, segmentation, crowd in annotations)


def _digest(parts: Iterable[list[Any]]) -> str:
    texts = sorted(json.dumps(part, sort_keys=True) for part in parts)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:_DIGEST_LENGTH]


def _model_in(run: Path) -> str | None:
    """Return the model that a `run.json` of ours names as the one that labelled, else None."""
    try:
        content = json.loads(run.read_bytes())
    except (OSError, ValueError):
        return None
    model = content.get("model") if isinstance(content, dict) else None
    return model if isinstance(model, str) and "bag" in content else None


def _digests_in(file: Path, kind: str) -> dict[str, str] | None:
    try:
        lines = [line for line in file.read_bytes().splitlines(keepends=True) if line[-1:] == b"\n"]
        rows = [json.loads(line) for line in lines]
        return {row["name"]: row[kind] for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return None
