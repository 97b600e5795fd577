"""What a converter makes of a data set: its members one by one, each a picture with its areas."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from handseg_ros.datasets.annotations import HAND_LABELS, NO_PIXEL
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.lazy_frames import UnusableError

Attribute = str | int | float | Sequence[float]
XYWH = tuple[float, float, float, float]

# Attributes of areas, and their values.
OWNER, HELD_BY, ORDER = "owner", "held_by", "order"
LEFT, RIGHT, BOTH = "left", "right", "both"
SELF, OTHER = "self", "other"


@dataclass(frozen=True)
class ConvertedArea:
    """A labelled hand or object; `label` is one of `labels.KNOWN_LABELS`.

    `mask` is bool (H, W) of the upright picture, or None where a box is all that is known: then
    `box` has its left, top, width and height in pixels. `is_together` says that one area stands
    for all hands of the picture. `attributes` hold what else is known; the side is in the label.
    """

    label: str
    mask: np.ndarray | None
    box: XYWH | None = None
    is_crowd: bool = False
    is_together: bool = False
    track: int | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether it covers no pixel of its picture."""
        if self.mask is not None:
            return not self.mask.any()
        return self.box is not None and not all(self.box[2:])


@dataclass(frozen=True)
class ConvertedFrame:
    """A picture with its areas, none where there is no hand.

    Pictures of one `sequence` resemble each other. `person` and `source`, whose hands and which
    data set, are None where they are not known, or the set's own. `tags` are words of the
    set's metadata, `notes` half-sentences on how the label was read. `background` is where the
    folder of the conversion has the same view without hands, a picture of the set itself.
    """

    picture: StoredPicture
    areas: Sequence[ConvertedArea]
    sequence: str
    person: str | None = None
    source: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    background: str | None = None

    def without_empty_areas(self) -> ConvertedFrame:
        """Return the frame without areas that cover no pixel, and a note where there were some.

        Raises UnusableError where no hand is left, as the picture would be one without hands.
        """
        areas = tuple(area for area in self.areas if not area.is_empty)
        if len(areas) == len(self.areas):
            return self
        if _has_hand(self.areas) and not _has_hand(areas):
            raise UnusableError("the hands of its label cover no pixel of the picture")
        return replace(self, areas=areas, notes=(*self.notes, NO_PIXEL))


def _has_hand(areas: Sequence[ConvertedArea]) -> bool:
    return any(area.label in HAND_LABELS for area in areas)


@dataclass(frozen=True)
class Member:
    """One picture of a data set that is not read yet; `read` raises UnusableError.

    `name` is its own in the set, a path with slashes and without a suffix.
    """

    name: str
    read: Callable[[], ConvertedFrame]


@dataclass(frozen=True)
class Recording:
    """One of several recordings: its name, and what opens it, which raises MediaError."""

    name: str
    open: Callable[[], SourceSet]


@dataclass(frozen=True)
class SourceSet:
    """A data set to be converted: `members` yields the same ones in the same order every time.

    `length` is their number, None where it is not known before the end. `is_listed` says that they
    can be listed without reading them, which those of a recording cannot. `recordings` are what a
    set consists of that has several.
    """

    title: str
    length: int | None
    members: Callable[[], Iterator[Member]]
    is_listed: bool = True
    recordings: Sequence[Recording] = ()
