"""Frames of one bag with a model's masks: what `handseg label-bag` does with each."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from handseg_ros.bags.bag import Bag, BagTopic
from handseg_ros.bags.camera_topic import choose_image_topic
from handseg_ros.bags.images import BadImage, BagImage, images, index_in_name
from handseg_ros.cli.bags.batch import BagJob
from handseg_ros.cli.interrupts import StopRequest
from handseg_ros.cli.model_options import InferenceOptions
from handseg_ros.cli.run_metadata import check_resumable, run_metadata
from handseg_ros.datasets.frame_selection import (
    Uncertainty,
    lowered_thresholds,
    most_uncertain,
    uncertainty_of,
)
from handseg_ros.datasets.label_folder import LabelFolder, facts_in
from handseg_ros.media.atomic_files import not_written
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import HandsegError, MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.segmenter import Segmenter


@dataclass(frozen=True)
class FramePicking:
    """Which frames of a bag are labelled, of which topic (None for its only camera's), and by what.

    Every `every`-th, or where it is not None the `uncertain` ones that the model doubts most, at
    least `apart` seconds from each other.
    """

    every: int
    uncertain: int | None
    apart: float
    topic: str | None
    inference: InferenceOptions


@dataclass(frozen=True)
class LabelledBag:
    """What was done with a bag: frames labelled now, and those that had their labels.

    `skipped` tells why other frames could not be used, by name, and `remarks` are sentences on the
    bag.
    """

    labelled: int
    kept: int
    skipped: Mapping[str, str]
    remarks: tuple[str, ...]


class BagLabeller:
    """Has the model loaded, and labels one bag after the other; `stop` ends the one at hand."""

    def __init__(self, picking: FramePicking, stop: StopRequest, shows_bar: bool = False) -> None:
        """Load the model; raises as `InferenceOptions.load` and its thresholds do."""
        self._picking, self._stop = picking, stop
        self._bar = partial(tqdm, unit="frame", disable=not shows_bar)
        self._segmenter = picking.inference.load()
        self._thresholds = picking.inference.thresholds(self._segmenter.description.thresholds)

    def __call__(self, job: BagJob) -> LabelledBag:
        """Write a bag's folder; stopped, it holds what was done until then.

        Raises MediaError for a bag that cannot be read or labelled, and for a folder that was begun
        otherwise; KeyboardInterrupt where it was stopped before the first label.
        """
        with Bag(job.bag) as bag:
            topic = choose_image_topic(bag, self._picking.topic)
            metadata = run_metadata(
                self._segmenter, self._thresholds, bag=bag.name, topic=topic.name
            )
            if job.before is not None and (before := facts_in(job.before)):
                check_resumable(job.before, before, metadata)
                _take_over(job)
            folder = LabelFolder(job.out, bag.name, metadata)
            frames = _Frames(bag, topic, self._segmenter, self._thresholds, {}, self._bar)
            picked = _picked(self._picking, frames, folder, self._stop)
            count = _write(frames, picked, folder, self._stop)
            remarks = (*bag.damage, *bag.remarks)
        return LabelledBag(count, len(folder.finished) - count, frames.skipped, remarks)


def _take_over(job: BagJob) -> None:
    """Copy what was finished to where it goes on, if that is another place."""
    if job.before is None or job.before == job.out:
        return
    try:
        shutil.copytree(job.before, job.out)
    except OSError as error:
        raise not_written(job.out, error) from error


def check_new(out: Path, resume: bool) -> None:
    """Raise MediaError for a folder with something in it, unless that is to go on."""
    before = facts_in(out)
    if before is None:
        raise MediaError(
            f"'{out}' holds something already, which might be corrected labels: choose a new folder"
        )
    if before and not resume:
        raise MediaError(
            f"'{out}' holds labels already, which might be corrected: go on with them by "
            "--resume, or choose a new folder"
        )


@dataclass
class _Frames:
    """The images of one topic of a bag, and why some of them could not be used, by name."""

    bag: Bag
    topic: BagTopic
    segmenter: Segmenter
    thresholds: Thresholds
    skipped: dict[str, str]
    bar: Callable[..., Any]

    def answered(
        self, thresholds: Thresholds, is_wanted: Callable[[int], bool]
    ) -> Iterator[tuple[BagImage, Segmentation]]:
        """Yield the images wanted by their index, each with what the model finds."""
        for item in images(self.bag, self.topic, is_wanted):
            if isinstance(item, BadImage):
                self.skipped[item.name] = item.reason
                continue
            try:
                yield item, self.segmenter.segment(item.pixels, thresholds)
            except HandsegError as error:
                self.skipped[item.name] = str(error)


def _picked(
    picking: FramePicking, frames: _Frames, folder: LabelFolder, stop: StopRequest
) -> Collection[int]:
    """Return the indices of the frames to label, those that have their labels left out."""
    done = {index_in_name(name) for name in folder.finished}
    if picking.uncertain is None:
        return set(range(0, frames.topic.count, picking.every)) - done
    _measure_uncertainty(frames, folder, stop)
    return most_uncertain(folder.doubts, picking.uncertain, round(picking.apart * 1e9)) - done


def _measure_uncertainty(frames: _Frames, folder: LabelFolder, stop: StopRequest) -> None:
    """Keep the doubt of every frame that was not asked before."""
    asked = max((doubt.index for doubt in folder.doubts), default=-1)
    answers = frames.answered(lowered_thresholds(frames.thresholds), lambda index: index > asked)
    total = max(0, frames.topic.count - asked - 1)
    for image, segmentation in frames.bar(
        stop.before(answers), total=total, desc="looking for doubt"
    ):
        doubt = uncertainty_of(segmentation, frames.thresholds.score)
        folder.keep_uncertainty(Uncertainty(image.index, image.log_time, doubt))
    if stop.asked:
        raise KeyboardInterrupt


def _write(frames: _Frames, picked: Collection[int], folder: LabelFolder, stop: StopRequest) -> int:
    """Write the labels; returns the number of frames, and raises MediaError where there is none."""
    count = 0
    answers = frames.answered(frames.thresholds, lambda index: index in picked)
    for image, segmentation in frames.bar(stop.before(answers), total=len(picked)):
        folder.add(image.name, image.pixels, segmentation)
        count += 1
    if not folder.finished:
        first = next(iter(frames.skipped.values()), "there is none")
        raise MediaError(
            f"no image of {frames.topic.name} could be labelled, as {first}: nothing is written"
        )
    folder.finish()
    return count
