"""What every kind of labelled data becomes: frames in order, with what is known of their hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from handseg_ros.datasets.area import Area
from handseg_ros.segmentation.hands import Side


@dataclass(frozen=True)
class GroundTruth:
    """What is known of one frame.

    `ids` is uint8 (H, W): 0 background, else the hand's id, a key of `sides` and `tracks` where its
    side and its track over frames are known. Where `has_instances` is false one id stands for
    all hands together, and figures of single hands are not defined. `objects` is bool (H, W), or
    None where objects are not labelled. `ignored` are ids of areas that neither count when they
    are missed nor punish what is found in them, such as crowds. `hand_tags` are words of a hand by
    which metrics of single hands are broken down. `areas` are what was drawn, one by one and
    overlapping where they do, in formats that have single areas.
    """

    ids: np.ndarray
    has_instances: bool
    sides: Mapping[int, Side] = field(default_factory=dict)
    tracks: Mapping[int, int] = field(default_factory=dict)
    objects: np.ndarray | None = None
    ignored: frozenset[int] = frozenset()
    hand_tags: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    areas: tuple[Area, ...] = ()

    @property
    def mask(self) -> np.ndarray:
        """Return where any hand is: bool (H, W)."""
        return self.ids > 0


@dataclass(frozen=True)
class LabelOrigin:
    """The model that made a label, and whether a person corrected it; None where nobody knows."""

    model: str
    is_corrected: bool | None


@dataclass(frozen=True)
class ReadLabel:
    """What is known of a frame, None without a label, and half-sentences on how it was read.

    `origin` is told where a model made the label.
    """

    ground_truth: GroundTruth | None
    notes: tuple[str, ...] = ()
    origin: LabelOrigin | None = None


@dataclass(frozen=True)
class BackgroundPicture:
    """The same view as a frame's without hands; `name` is what the frame's label calls it."""

    name: str
    file: Path


@dataclass(frozen=True)
class LabelledFrame:
    """One frame: `image` is uint8 (H, W, 3), BGR; `name` is its own within the data set.

    Frames of one `sequence` resemble each other, so intervals treat a sequence as one sample.
    `ground_truth` is None for a frame without a label, which is answered but not scored. `tags` are
    words of the data set's metadata by which metrics are broken down. `stamp` is in nanoseconds,
    where the frame comes from a recording. `notes` are half-sentences on how the label was read,
    where it was not taken as it is; `origin` is told where a model made it. `file` is the picture's
    own file, None where the frame is no whole file. `background` is told where the set has one.
    """

    name: str
    sequence: str
    image: np.ndarray
    ground_truth: GroundTruth | None
    tags: Mapping[str, str] = field(default_factory=dict)
    stamp: int | None = None
    notes: tuple[str, ...] = ()
    origin: LabelOrigin | None = None
    file: Path | None = None
    background: BackgroundPicture | None = None


class SkipCause(Enum):
    """What is wrong with a frame that could not be used."""

    PICTURE = "picture that cannot be read"
    SIZE = "label of another size than its picture"
    VALUES = "label with values out of range"
    OUTSIDE = "label outside of its picture"
    BOX = "label with a box alone"
    LABEL = "label that cannot be read"


@dataclass(frozen=True)
class Skipped:
    """A frame, or a part of the set, that could not be used, and why, as half a sentence."""

    name: str
    reason: str
    cause: SkipCause = SkipCause.LABEL


class Dataset(Protocol):
    """A data set that is read frame by frame, so that memory does not grow with its length.

    `title` is the file's or folder's own name, without its path. `length` is the number of frames,
    or None where it is not known before the end. `skipped` grows while frames are read. Iterating
    again starts again.
    """

    title: str
    length: int | None
    skipped: list[Skipped]

    def __iter__(self) -> Iterator[LabelledFrame]: ...


@runtime_checkable
class RandomAccessDataset(Dataset, Protocol):
    """A data set that can give some of its frames without reading all pictures before them."""

    def only(self, names: Collection[str]) -> Iterator[LabelledFrame]:
        """Yield the usable frames of these names, in order; `skipped` stays as it is."""
        ...


@runtime_checkable
class RecordedDataset(Dataset, Protocol):
    """A data set of recordings, each of which can be read by itself; `recordings` are their names.

    One after the other they have the frames, and skip what the set does, in its order.
    """

    recordings: Sequence[str]

    def recording(self, number: int) -> Dataset:
        """Return one of the recordings, by its place, as a set of its own."""
        ...


@runtime_checkable
class DivisibleDataset(Dataset, Protocol):
    """A data set of `length` entries, usable or not, that can be read from any of them on.

    `names` are those of the entries, known without reading them.
    """

    names: Sequence[str]

    def part(self, start: int, stop: int) -> Dataset:
        """Return the entries from one number to before another, as a set of their own.

        The parts one after the other have the frames, and skip what the set does, in its order.
        """
        ...
