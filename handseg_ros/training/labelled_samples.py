"""Training pictures from any labelled set, kept small in memory.

A picture of 640x480 takes about 60 kB: JPEG of high quality, its labels without loss. `longest` is
the longest side in pixels that a picture keeps.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import overload

import cv2
import numpy as np
from tqdm import tqdm

from handseg_ros.curation.holding_out import FrameKey
from handseg_ros.datasets.frames import Dataset, GroundTruth, LabelledFrame
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.data_sources import (
    LONGEST_SIDE,
    TrainingSet,
    read_rgb,
    shrink_ids,
    shrink_rgb,
)
from handseg_ros.training.masked import HAND, UNKNOWN, coded_ids
from handseg_ros.training.samples import BACKGROUND, IGNORE, PART, Sample

_JPEG_QUALITY = 95


@dataclass(frozen=True)
class PackedSample:
    """A `Sample` as JPEG and PNG; samples of one view share their background."""

    image: bytes
    ids: bytes
    sides: tuple[Side, ...]
    objects: bytes | None = None
    background: bytes | None = None

    @classmethod
    def of(cls, sample: Sample) -> PackedSample:
        """Pack a sample."""
        objects = None if sample.objects is None else _png(sample.objects.astype(np.uint8))
        background = None if sample.background is None else _jpeg(sample.background)
        return cls(_jpeg(sample.image), _png(sample.ids), sample.sides, objects, background)

    def unpack(self) -> Sample:
        """Return the sample; its pictures differ as little as JPEG lets them."""
        objects = None if self.objects is None else _grey(self.objects) > 0
        background = None if self.background is None else _rgb(self.background)
        return Sample(_rgb(self.image), _grey(self.ids), self.sides, objects, background)


def _jpeg(rgb: np.ndarray) -> bytes:
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])


def _rgb(jpeg: bytes) -> np.ndarray:
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _png(grey: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", grey)[1])


def _grey(png: bytes) -> np.ndarray:
    grey = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    return np.asarray(grey)


class PackedSamples(Sequence[Sample]):
    """Samples that are unpacked when they are asked for."""

    def __init__(self, items: Sequence[PackedSample] = ()) -> None:
        self._items = tuple(items)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        if isinstance(index, slice):
            return PackedSamples(self._items[index])
        return self._items[index].unpack()


@dataclass(frozen=True)
class LabelledSample:
    """A labelled frame as training takes it.

    `fingerprint` is the same for the same pixels; `has_hands`: some pixel is known to be hand.
    """

    key: FrameKey
    fingerprint: str
    packed: PackedSample
    has_hands: bool


@dataclass(frozen=True)
class LabelledSamples:
    """The labelled frames of a set, and how many it has that are of no use.

    `uncorrected` counts labels that are a model's own answers still.
    """

    title: str
    items: tuple[LabelledSample, ...]
    unlabelled: int
    skipped: int
    uncorrected: int = 0
    fingerprints: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprints", frozenset(i.fingerprint for i in self.items))

    def notes(self) -> Iterator[str]:
        """Yield sentences on what of the set is of no use, or of doubtful use."""
        if self.unlabelled:
            yield f"{self.unlabelled} pictures of '{self.title}' without a label: left out"
        if self.skipped:
            yield f"{self.skipped} pictures of '{self.title}' cannot be used: left out"
        if self.uncorrected:
            yield (
                f"{self.uncorrected} labels of '{self.title}' are a model's own answers, which "
                "nobody corrected: what it misses will be missed"
            )

    def digest(self) -> str:
        """Return what tells this data from all other, whatever it is called."""
        whole = hashlib.sha256()
        for item in self.items:
            whole.update(item.fingerprint.encode() + item.packed.ids)
            whole.update(item.packed.background or b"")
        return whole.hexdigest()


def own_training_set(
    own: Sequence[LabelledSample], mixed: Sequence[LabelledSample] = ()
) -> TrainingSet:
    """Return labelled pictures as the source `own`, and others as if they were rendered ones."""
    return TrainingSet(
        {
            "own": PackedSamples([item.packed for item in own]),
            "rendered": PackedSamples([item.packed for item in mixed if item.has_hands]),
            "rendered_hand_free": PackedSamples(
                [item.packed for item in mixed if not item.has_hands]
            ),
            "backgrounds": (),
            "box_supervised": (),
            "masked": (),
        },
        {},
    )


def read_labelled(dataset: Dataset, longest: int = LONGEST_SIDE) -> LabelledSamples:
    """Read all labelled frames of a set; raises MediaError where there is none."""
    items: list[LabelledSample] = []
    backgrounds = _Backgrounds(longest)
    unlabelled = uncorrected = 0
    for frame in tqdm(dataset, total=dataset.length, desc=f"reading {dataset.title}", unit="frame"):
        if frame.ground_truth is None:
            unlabelled += 1
            continue
        items.append(_labelled(frame, frame.ground_truth, dataset.title, backgrounds))
        uncorrected += frame.origin is not None and frame.origin.is_corrected is False
    if not items:
        raise MediaError(
            f"'{dataset.title}' has no labelled picture to train from: {unlabelled} are without a "
            f"label and {len(dataset.skipped)} could not be used"
        )
    skipped = len(dataset.skipped)
    return LabelledSamples(dataset.title, tuple(items), unlabelled, skipped, uncorrected)


def fingerprints(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Yield each frame's name and fingerprint."""
    for frame in dataset:
        yield frame.name, fingerprint(frame.image)


def fingerprint(image: np.ndarray) -> str:
    """Return what tells a picture, uint8 (H, W, 3), from those with other pixels."""
    told = f"{image.shape}".encode()
    return hashlib.sha256(told + np.ascontiguousarray(image).tobytes()).hexdigest()


class _Backgrounds:
    """Backgrounds of frames, packed, each read once."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._packed: dict[Path, bytes] = {}

    def of(self, frame: LabelledFrame) -> bytes | None:
        """Return a frame's background, None where it has none; raises MediaError."""
        if frame.background is None:
            return None
        file = frame.background.file
        if file not in self._packed:
            self._packed[file] = _jpeg(shrink_rgb(read_rgb(file), self.longest))
        return self._packed[file]


def _labelled(
    frame: LabelledFrame, truth: GroundTruth, title: str, backgrounds: _Backgrounds
) -> LabelledSample:
    sample = sample_of(frame.image, truth, backgrounds.longest)
    packed = replace(PackedSample.of(sample), background=backgrounds.of(frame))
    return LabelledSample(
        FrameKey.of(frame, title), fingerprint(frame.image), packed, bool(sample.hand.any())
    )


def sample_of(image: np.ndarray, truth: GroundTruth, longest: int = LONGEST_SIDE) -> Sample:
    """Return the sample of a picture, uint8 (H, W, 3), BGR, with its ground truth.

    Hands are numbered anew; where single hands are not labelled, each connected piece is one.
    Areas to be ignored, and hands beyond the 253rd, are unknown.
    """
    rgb = shrink_rgb(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), longest)
    objects = None
    if truth.objects is not None:
        objects = shrink_ids(truth.objects.astype(np.uint8), longest) > 0
    ignored = np.isin(truth.ids, list(truth.ignored)) if truth.ignored else None
    if not truth.has_instances:
        coded = np.where(truth.ids > 0, HAND, 0).astype(np.uint8)
        if ignored is not None:
            coded[ignored] = UNKNOWN
        ids, hands = coded_ids(coded)
        return Sample(rgb, shrink_ids(ids, longest), (Side.UNKNOWN,) * hands, objects)
    ids = np.full(truth.ids.shape, BACKGROUND, np.uint8)
    sides: list[Side] = []
    for number in np.unique(truth.ids[truth.ids > 0]):
        if number in truth.ignored or len(sides) == PART - 1:
            ids[truth.ids == number] = IGNORE
            continue
        sides.append(truth.sides.get(int(number), Side.UNKNOWN))
        ids[truth.ids == number] = len(sides)
    return Sample(rgb, shrink_ids(ids, longest), tuple(sides), objects)
