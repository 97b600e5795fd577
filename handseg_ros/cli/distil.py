"""`handseg distil`: labels for pictures, from models that teach, where all signs agree."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from handseg_ros.bags.bag_format import check_rosbags, is_bag
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.interrupts import stop_on_interrupt
from handseg_ros.cli.model_options import ModelsOptions, add_models_options
from handseg_ros.cli.number_types import bounded, positive
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.run_inputs import UnreadableInput, open_inputs
from handseg_ros.datasets import run_lengths
from handseg_ros.datasets.conversion.conversion import ConversionCounts, convert
from handseg_ros.datasets.conversion.folder import ConversionFolder
from handseg_ros.datasets.conversion.member import ConvertedFrame, Member, SourceSet
from handseg_ros.datasets.conversion.reading import read_here
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.reading_facts import path_beside
from handseg_ros.evaluation.runner.store import ModelIdentity
from handseg_ros.media.overwriting import check_outside
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.distillation import Agreed, distil

_REASON = "the signs agree on none of its hands"


@dataclass(frozen=True)
class DistilOptions:
    """What to label, every so many-th picture of it, and the folder to write."""

    source: Path
    out: Path
    every: int
    resume: bool
    topic: str | None
    agreed: Agreed
    teachers: ModelsOptions

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> DistilOptions:
        """Return what was parsed."""
        return cls(
            source=parsed.source,
            out=parsed.out,
            every=parsed.every,
            resume=parsed.resume,
            topic=parsed.topic,
            agreed=Agreed(parsed.teachers_agree, parsed.colours_agree),
            teachers=ModelsOptions.of(parsed),
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `distil`."""
    parser = commands.add_parser(
        "distil",
        help="label pictures by models, where all signs agree",
        description="Label pictures by one model or more, for training: docs/training.md",
    )
    parser.add_argument(
        "source", metavar="SOURCE", type=Path, help="a folder of pictures, a video or a rosbag"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write"
    )
    parser.add_argument(
        "--every", type=positive, default=1, metavar="N", help="take every N-th picture"
    )
    parser.add_argument("--topic", help="the images' topic, where a bag has several")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was interrupted in DIR"
    )
    signs = parser.add_argument_group("when signs agree (intersection over union)")
    for name, default in (("teachers", Agreed.teachers), ("colours", Agreed.colours)):
        signs.add_argument(
            f"--{name}-agree",
            type=bounded(0, 1),
            default=default,
            metavar="IOU",
            help="default: %(default)s",
        )
    add_models_options(parser)
    parser.set_command(DistilOptions.of, _distil)


def _distil(options: DistilOptions) -> None:
    run_lengths.coco()
    teachers = options.teachers.load()
    source = _source_set(options, teachers)
    check_outside(options.out, options.source, "the pictures")
    facts = _facts(options, source.title, teachers)
    with (
        ConversionFolder(options.out, facts, options.resume) as folder,
        stop_on_interrupt() as stop,
    ):
        if folder.is_finished:
            print(f"'{options.out}' is finished: nothing is left to be done")
            return
        counts = convert(source, folder, stop.before, partial(read_here, source, source.title))
        if stop.asked:
            print("stopped: go on with --resume")
            raise KeyboardInterrupt
        if not counts.pictures:
            why = f", the first as {counts.first.reason}" if counts.first else ""
            raise MediaError(
                f"not one picture of '{options.source}' got a label: {counts.skipped} were left "
                f"out{why}"
            )
        folder.finish()
    _tell(counts, options)


def _facts(options: DistilOptions, title: str, teachers: Sequence[Segmenter]) -> dict[str, str]:
    """Return what tells whether another run goes on with the same."""
    return {
        "format": "distil",
        "set": title,
        "name": title,
        "source": path_beside(options.out, options.source),
        "teachers": " and ".join(ModelIdentity.of(teacher).words for teacher in teachers),
        "agreement": f"{options.agreed.teachers} {options.agreed.colours}",
        "every": str(options.every),
        "topic": options.topic or "",
    }


def _tell(counts: ConversionCounts, options: DistilOptions) -> None:
    disagreed = counts.reasons.pop(_REASON, 0)
    for text, number in counts.reasons.most_common():
        warn(f"{number} picture(s) left out: {text}")
    print(
        f"{counts.pictures} pictures with {counts.annotations} areas, {disagreed} left out as "
        f"{_REASON.replace('its', 'their')}; written to {options.out}"
    )


@dataclass(frozen=True)
class _Picture:
    """A picture, uint8 (H, W, 3), BGR, or None with the reason why it cannot be used."""

    name: str
    sequence: str
    pixels: np.ndarray | None
    reason: str = ""


def _source_set(options: DistilOptions, teachers: Sequence[Segmenter]) -> SourceSet:
    """Return the pictures to label; raises MediaError where there is none."""
    title = options.source.resolve().stem

    def members() -> Iterator[Member]:
        for index, picture in enumerate(_pictures(options, title)):
            if index % options.every == 0:
                yield Member(picture.name, partial(_labelled, teachers, options.agreed, picture))

    if not options.source.exists():
        raise MediaError(f"'{options.source}' does not exist: check its path")
    return SourceSet(title, None, members)


def _labelled(teachers: Sequence[Segmenter], agreed: Agreed, picture: _Picture) -> ConvertedFrame:
    if picture.pixels is None:
        raise UnusableError(picture.reason)
    areas = distil(teachers, picture.pixels, agreed)
    if areas is None:
        raise UnusableError(_REASON)
    return ConvertedFrame(StoredPicture.encoded(picture.pixels), areas, picture.sequence)


def _pictures(options: DistilOptions, title: str) -> Iterator[_Picture]:
    if is_bag(options.source):
        yield from _of_bag(options, title)
        return
    for run_input in open_inputs([str(options.source)]).usable:
        for item in run_input:
            if isinstance(item, UnreadableInput):
                yield _Picture(item.origin, title, None, str(item.error))
                continue
            folder = item.name.rpartition("/")[0]
            yield _Picture(item.name, folder or title, item.frame.image)


def _of_bag(options: DistilOptions, title: str) -> Iterator[_Picture]:
    check_rosbags()
    from handseg_ros.bags.bag import Bag
    from handseg_ros.bags.camera_topic import choose_image_topic
    from handseg_ros.bags.images import BadImage, images

    with Bag(options.source) as bag:
        topic = choose_image_topic(bag, options.topic)
        for item in images(bag, topic, lambda index: True):
            if isinstance(item, BadImage):
                yield _Picture(item.name, title, None, item.reason)
            else:
                yield _Picture(item.name, title, item.pixels)
