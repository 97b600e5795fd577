"""Models that compare with a background, each frame with that of its own view."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from handseg_ros.datasets.frames import Dataset, LabelledFrame
from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.errors import BackgroundError
from handseg_ros.segmentation.segmenter import Segmenter


class OwnBackgrounds:
    """Models, those without a background given that of each frame; it is read once a view."""

    def __init__(self, segmenters: Sequence[Segmenter]) -> None:
        self._segmenters = segmenters
        self._file: Path | None = None
        self._filled: list[Segmenter] = []

    def models_for(self, frame: LabelledFrame) -> Sequence[Segmenter]:
        """Return the models that answer a frame; raises BackgroundError where one is missing."""
        lacking = [each for each in self._segmenters if each.lacks_background]
        if not lacking:
            return self._segmenters
        if frame.background is None:
            raise _missing(lacking[0], frame)
        if frame.background.file != self._file:
            picture = read_picture(frame.background.file)
            self._filled = [
                each.with_background(picture) if each.lacks_background else each
                for each in self._segmenters
            ]
            self._file = frame.background.file
        return self._filled


def check_backgrounds(dataset: Dataset, segmenters: Sequence[Segmenter]) -> None:
    """Raise BackgroundError where a model needs a background that a set's first frame lacks.

    So it is told before anything is written; frames are read only where a model lacks its own.
    """
    lacking = [each for each in segmenters if each.lacks_background]
    frame = next(iter(dataset), None) if lacking else None
    if frame is not None and frame.background is None:
        raise _missing(lacking[0], frame)


def _missing(segmenter: Segmenter, frame: LabelledFrame) -> BackgroundError:
    return BackgroundError(
        f"model '{segmenter.description.title}' compares each frame with a background, and "
        f"'{frame.name}' has none: give one with --background PICTURE, the same view without "
        "hands, or a set whose images name theirs (docs/data.md)"
    )
