"""What a command was asked to do, in words that tell whether another run goes on with the same."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from handseg_ros.evaluation.runner.store import ModelIdentity
from handseg_ros.media.begun_facts import check_same_facts
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.segmenter import Segmenter

RunMetadata = Mapping[str, str]


def run_metadata(segmenter: Segmenter, thresholds: Thresholds, **asked: object) -> RunMetadata:
    """Return which model runs, from where on a hand is one, and what else was asked."""
    model = ModelIdentity.of(segmenter)
    metadata = {
        "model": segmenter.description.title,
        "sha256": model.sha256,
        "background": model.background,
        "description or input size": model.settings,
        "score": thresholds.score,
        "mask": thresholds.mask,
        **asked,
    }
    return {name: str(value) for name, value in metadata.items()}


def check_resumable(path: Path, before: RunMetadata | None, now: RunMetadata) -> None:
    """Raise MediaError where what lies at a path was begun otherwise, or tells nothing of it."""
    if before is None:
        raise MediaError(f"'{path}' does not tell how it was made: choose another name")
    check_same_facts(path, before, now, "choose another name")
