"""What pictures may have in common, so that they must not stand in two parts of a split."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from enum import Enum

from handseg_ros.datasets.field_names import PERSON, SOURCE
from handseg_ros.datasets.frames import LabelledFrame


class GroupKind(Enum):
    """What makes a group of pictures: one data set, one person, one recording."""

    SOURCE = "source"
    PERSON = "person"
    SEQUENCE = "sequence"


def group_of(frame: LabelledFrame, title: str, kind: GroupKind) -> str | None:
    """Return the group of a frame of the set called `title`, None where it is not known.

    Persons and sequences are told apart by their source too, as each set counts its own. A
    sequence that is called as its set was not named by anybody.
    """
    source = frame.tags.get(SOURCE)
    if kind is GroupKind.SOURCE:
        return source
    own = frame.tags.get(PERSON) if kind is GroupKind.PERSON else frame.sequence
    if own is None or (kind is GroupKind.SEQUENCE and own == title):
        return None
    return f"{source}/{own}" if source else own
