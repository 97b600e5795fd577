"""Which picture a person should see first: the one about which the model is least sure."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterable

from handseg_ros.datasets.frame_selection import uncertainty_of
from handseg_ros.labelling.label_folder import LabelFolder, ListedPicture, Suggest
from handseg_ros.segmentation.errors import ImageError

Progress = Callable[[list[ListedPicture]], Iterable[ListedPicture]]


def uncertain_first(
    folder: LabelFolder, suggest: Suggest, least_score: float, progress: Progress
) -> list[str]:
    """Return the names of a folder's pictures: without a label first, the least certain at the top.

    `suggest` finds hands that are nearly found, too; `least_score` is that of a hand. Pictures that
    cannot be read come last among those without a label.
    """
    doubts: dict[str, float] = {}
    for picture in progress([one for one in folder.pictures() if not one.is_labelled]):
        try:
            found = suggest(folder.pixels(picture.name))
            doubts[picture.name] = uncertainty_of(found, least_score)
        except ImageError:
            doubts[picture.name] = -1.0
    by_doubt = sorted(doubts, key=lambda name: -doubts[name])
    return [*by_doubt, *(one.name for one in folder.pictures() if one.name not in doubts)]
