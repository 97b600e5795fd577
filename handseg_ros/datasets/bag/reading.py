"""A rosbag2 as labelled frames: its images, and what topics or files beside it say of them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from itertools import chain, pairwise
from pathlib import Path
from typing import Protocol

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.camera_topic import choose_image_topic
from handseg_ros.bags.images import BadImage, BagImage, images, index_in_name
from handseg_ros.bags.recording import MADE_BY
from handseg_ros.datasets.bag.ground_truth import TopicGroundTruth, find_ground_truth
from handseg_ros.datasets.bag.options import BagOptions
from handseg_ros.datasets.bag.stamped_masks import StampedMaskFolder, stamp_in_name
from handseg_ros.datasets.frames import GroundTruth, LabelledFrame, ReadLabel, SkipCause, Skipped
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import HandsegError, ImageError, MediaError


class _Labels(Protocol):
    @property
    def unused(self) -> list[Skipped]: ...

    def at(self, stamp: int) -> ReadLabel: ...


class BagDataset:
    """A `Dataset` over a rosbag2; its whole length is one sequence.

    Every image of the topic comes once, in the order of recording. The recording's own metadata
    (rosbag2's custom data) are the tags of every frame.
    """

    def __init__(
        self,
        path: str | Path,
        bag_options: BagOptions | None = None,
        label_options: LabelOptions | None = None,
    ) -> None:
        """Look into the bag; raises MediaError for what cannot be read, lacks or is ambiguous."""
        self._path = Path(path)
        self._bag_options, self._label_options = (
            bag_options or BagOptions(),
            label_options or LabelOptions(),
        )
        with Bag(path) as bag:
            topic = choose_image_topic(bag, self._bag_options.topic)
            find_ground_truth(bag, self._bag_options.ground_truth)
        self._topic = topic.name
        self.title = bag.name
        self.length: int | None = topic.count or None
        self.skipped: list[Skipped] = []

    def __iter__(self) -> Iterator[LabelledFrame]:
        """Read from the start; raises MediaError at the end when not one frame could be used."""
        self.skipped[:] = []
        usable = 0
        for frame in self._read(lambda index: True):
            if isinstance(frame, Skipped):
                self.skipped.append(frame)
            else:
                usable += 1
                yield frame
        if not usable:
            raise self._nothing()

    def only(self, names: Collection[str]) -> Iterator[LabelledFrame]:
        """Yield the usable frames of these names, in order; no other image is decoded."""
        indices = {index_in_name(name) for name in names}
        for frame in self._read(lambda index: index in indices):
            if isinstance(frame, LabelledFrame):
                yield frame

    def _read(self, is_wanted: Callable[[int], bool]) -> Iterator[LabelledFrame | Skipped]:
        """Yield the images wanted by their index, then what of bag and labels was of no use."""
        with ExitStack() as closing:
            bag = closing.enter_context(Bag(self._path))
            topic = choose_image_topic(bag, self._bag_options.topic)
            labels = self._labels(bag, closing)
            tags = {name: text for name, text in bag.custom.items() if name != MADE_BY}
            for item, doubt in _with_doubts(images(bag, topic, is_wanted)):
                if doubt:
                    _pass_by(labels, item)
                    yield Skipped(item.name, doubt)
                else:
                    yield self._frame(item, labels, tags)
            yield from labels.unused
            yield from (Skipped(self.title, damage) for damage in bag.damage)

    def _labels(self, bag: Bag, closing: ExitStack) -> _Labels:
        if self._bag_options.masks is not None:
            return StampedMaskFolder(self._bag_options.masks, self._label_options.mask_values)
        topics = find_ground_truth(bag, self._bag_options.ground_truth)
        values = self._label_options.mask_values
        return TopicGroundTruth(lambda: closing.enter_context(Bag(self._path)), topics, values)

    def _frame(
        self, item: BagImage | BadImage, labels: _Labels, tags: Mapping[str, str]
    ) -> LabelledFrame | Skipped:
        if isinstance(item, BadImage):
            _pass_by(labels, item)
            return Skipped(item.name, item.reason, SkipCause.PICTURE)
        try:
            label = labels.at(item.stamp)
            _check_size(item, label.ground_truth)
        except (HandsegError, UnusableError) as error:
            return Skipped(item.name, str(error))
        return LabelledFrame(
            item.name,
            self.title,
            item.pixels,
            label.ground_truth,
            tags,
            item.stamp,
            label.notes,
            label.origin,
        )

    def _nothing(self) -> MediaError:
        why = f", the first because {self.skipped[0].reason}" if self.skipped else ""
        return MediaError(
            f"the bag '{self.title}' has no usable image on {self._topic}: "
            f"{len(self.skipped)} were skipped{why}; record it again, or choose another topic"
        )


def _with_doubts(
    items: Iterable[BagImage | BadImage],
) -> Iterator[tuple[BagImage | BadImage, str]]:
    """Yield each image with the reason, or '', why its stamp does not tell which label is its."""
    before: int | None = None
    for item, following in pairwise(chain(items, (None,))):
        assert item is not None
        stamp, after = _stamp(item), None if following is None else _stamp(following)
        if stamp == 0:
            yield item, "its header has no stamp to find its label by: record it with one"
        elif stamp in (before, after):
            yield item, "another image has its stamp, so that nobody knows whose label is which"
        else:
            yield item, ""
        before = stamp


def _stamp(item: BagImage | BadImage) -> int | None:
    return item.stamp if isinstance(item, BagImage) else stamp_in_name(item.name)


def _pass_by(labels: _Labels, item: BagImage | BadImage) -> None:
    """Take the label of an image that cannot be used, so that it does not count as left over."""
    stamp = _stamp(item)
    if stamp is not None:
        with suppress(HandsegError, UnusableError):
            labels.at(stamp)


def _check_size(item: BagImage, ground_truth: GroundTruth | None) -> None:
    if ground_truth is None:
        return
    for label in (ground_truth.ids, ground_truth.objects):
        if label is not None and label.shape != item.pixels.shape[:2]:
            height, width = item.pixels.shape[:2]
            raise ImageError(
                f"the label of {label.shape[1]}x{label.shape[0]} pixels does not fit its image of "
                f"{width}x{height}: label the image as it is"
            )
