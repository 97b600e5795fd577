"""`handseg label-bag`: frames of a bag with a model's masks, for people to correct."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm

from handseg_ros.bags.bag_format import check_rosbags
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.interrupts import StopRequest, stop_on_interrupt
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.number_types import bounded, positive
from handseg_ros.cli.reporting import report_skipped
from handseg_ros.cli.run_metadata import check_resumable, run_metadata
from handseg_ros.datasets.frame_selection import (
    Uncertainty,
    lowered_thresholds,
    most_uncertain,
    uncertainty_of,
)
from handseg_ros.datasets.label_folder import LabelFolder, facts_in
from handseg_ros.media.overwriting import check_outside
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import HandsegError, MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.segmenter import Segmenter

if TYPE_CHECKING:
    from handseg_ros.bags.bag import Bag, BagTopic
    from handseg_ros.bags.images import BagImage

_DEFAULT_STEP = 10
_DAY = 86_400


@dataclass(frozen=True)
class LabelBagOptions:
    """The bag to read, the folder to write, and which frames are picked.

    Every `every`-th, or where it is not None the `uncertain` ones that the model doubts most, at
    least `apart` seconds from each other.
    """

    bag: Path
    out: Path
    resume: bool
    every: int
    uncertain: int | None
    apart: float
    topic: str | None
    inference: InferenceOptions

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> LabelBagOptions:
        """Return what was parsed."""
        return cls(
            bag=parsed.bag,
            out=parsed.out,
            resume=parsed.resume,
            every=parsed.every,
            uncertain=parsed.uncertain,
            apart=parsed.apart,
            topic=parsed.topic,
            inference=InferenceOptions.of(parsed),
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `label-bag`."""
    parser = commands.add_parser(
        "label-bag",
        help="pick frames of a bag and label them for correction",
        description="Write frames of a bag with a model's masks, as COCO and as labelme's files",
    )
    parser.add_argument("bag", metavar="BAG", type=Path, help="a rosbag2: its folder or its file")
    parser.add_argument("out", metavar="OUT_DIR", type=Path, help="the folder to write")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was interrupted in OUT_DIR"
    )
    picked = parser.add_mutually_exclusive_group()
    picked.add_argument(
        "--every",
        type=positive,
        default=_DEFAULT_STEP,
        metavar="N",
        help="take every N-th frame (default: %(default)s)",
    )
    picked.add_argument(
        "--uncertain", type=positive, metavar="N", help="take the N that the model doubts most"
    )
    parser.add_argument(
        "--apart",
        type=bounded(0, _DAY),
        default=0.5,
        metavar="SECONDS",
        help="least time between two doubtful frames (default: %(default)s)",
    )
    parser.add_argument("--topic", help="the images' topic, where the bag has several")
    add_model_options(parser)
    parser.set_command(LabelBagOptions.of, _label)


@dataclass
class _Frames:
    """The images of one topic of a bag, and why some of them could not be used, by name."""

    bag: Bag
    topic: BagTopic
    segmenter: Segmenter
    thresholds: Thresholds
    skipped: dict[str, str]

    def answered(
        self, thresholds: Thresholds, is_wanted: Callable[[int], bool]
    ) -> Iterator[tuple[BagImage, Segmentation]]:
        """Yield the images wanted by their index, each with what the model finds."""
        from handseg_ros.bags.images import BadImage, images

        for item in images(self.bag, self.topic, is_wanted):
            if isinstance(item, BadImage):
                self.skipped[item.name] = item.reason
                continue
            try:
                yield item, self.segmenter.segment(item.pixels, thresholds)
            except HandsegError as error:
                self.skipped[item.name] = str(error)


def _label(options: LabelBagOptions) -> None:
    check_rosbags()
    from handseg_ros.bags.bag import Bag
    from handseg_ros.bags.camera_topic import choose_image_topic

    check_outside(options.out, options.bag, "the bag")
    with Bag(options.bag) as bag, stop_on_interrupt() as stop:
        topic = choose_image_topic(bag, options.topic)
        _check_folder(options)
        segmenter = options.inference.load()
        thresholds = options.inference.thresholds(segmenter.description.thresholds)
        metadata = run_metadata(segmenter, thresholds, bag=bag.name, topic=topic.name)
        if before := facts_in(options.out):
            check_resumable(options.out, before, metadata)
        folder = LabelFolder(options.out, bag.name, metadata)
        frames = _Frames(bag, topic, segmenter, thresholds, {})
        picked = _picked(options, frames, folder, stop)
        count = _write(frames, picked, folder, stop)
        report_skipped(frames.skipped, [*bag.damage, *bag.remarks])
    kept = len(folder.finished) - count
    print(f"{f'{kept} kept, ' if kept else ''}{count} frames with labels, written to {options.out}")
    if stop.asked:
        _end_stopped()


def _check_folder(options: LabelBagOptions) -> None:
    """Raise MediaError for a folder with something in it, unless that is to go on."""
    before = facts_in(options.out)
    if before is None:
        raise MediaError(
            f"'{options.out}' holds something already, which might be corrected labels: choose a "
            "new folder"
        )
    if before and not options.resume:
        raise MediaError(
            f"'{options.out}' holds labels already, which might be corrected: go on with them by "
            "--resume, or choose a new folder"
        )


def _end_stopped() -> NoReturn:
    print("stopped: go on with --resume")
    raise KeyboardInterrupt


def _picked(
    options: LabelBagOptions, frames: _Frames, folder: LabelFolder, stop: StopRequest
) -> Collection[int]:
    """Return the indices of the frames to label, those that have their labels left out."""
    from handseg_ros.bags.images import index_in_name

    done = {index_in_name(name) for name in folder.finished}
    if options.uncertain is None:
        return set(range(0, frames.topic.count, options.every)) - done
    _measure_uncertainty(frames, folder, stop)
    return most_uncertain(folder.doubts, options.uncertain, round(options.apart * 1e9)) - done


def _measure_uncertainty(frames: _Frames, folder: LabelFolder, stop: StopRequest) -> None:
    """Keep the doubt of every frame that was not asked before."""
    asked = max((doubt.index for doubt in folder.doubts), default=-1)
    answers = frames.answered(lowered_thresholds(frames.thresholds), lambda index: index > asked)
    total = max(0, frames.topic.count - asked - 1)
    for image, segmentation in tqdm(
        stop.before(answers), total=total, unit="frame", desc="looking for doubt"
    ):
        doubt = uncertainty_of(segmentation, frames.thresholds.score)
        folder.keep_uncertainty(Uncertainty(image.index, image.log_time, doubt))
    if stop.asked:
        _end_stopped()


def _write(frames: _Frames, picked: Collection[int], folder: LabelFolder, stop: StopRequest) -> int:
    """Write the labels; returns the number of frames, and raises MediaError where there is none."""
    count = 0
    answers = frames.answered(frames.thresholds, lambda index: index in picked)
    for image, segmentation in tqdm(stop.before(answers), total=len(picked), unit="frame"):
        folder.add(image.name, image.pixels, segmentation)
        count += 1
    if not folder.finished:
        first = next(iter(frames.skipped.values()), "there is none")
        raise MediaError(
            f"no image of {frames.topic.name} could be labelled, as {first}: nothing is written"
        )
    folder.finish()
    return count
