"""`handseg data convert`: a data set of any known format as COCO's instances."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from handseg_ros.bags.bag_format import bags_at
from handseg_ros.cli.bag_arguments import add_bag_options, bag_options
from handseg_ros.cli.command_parser import EXTRA_INPUTS, CommandParser
from handseg_ros.cli.interrupts import stop_on_interrupt
from handseg_ros.cli.label_arguments import add_label_options, label_options
from handseg_ros.cli.ray_option import add_ray_option, workers_at
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.cluster.jobs import Needs
from handseg_ros.datasets.conversion.conversion import (
    ConversionCounts,
    ReadMembers,
    convert,
)
from handseg_ros.datasets.conversion.folder import MEMBERS, ConversionFolder
from handseg_ros.datasets.conversion.labels import KNOWN_LABELS, LabelMeanings
from handseg_ros.datasets.conversion.member import SourceSet
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.reading import read_here
from handseg_ros.datasets.conversion.registry import FORMATS, format_named, open_source_set
from handseg_ros.datasets.conversion.spread import read_by
from handseg_ros.datasets.conversion.spread_recordings import read_recordings_by
from handseg_ros.datasets.reading_facts import reading_facts
from handseg_ros.media.atomic_folders import scratch_folder
from handseg_ros.media.overwriting import check_outside
from handseg_ros.segmentation.errors import MediaError

# So many different reasons and notes are told.
_MOST_TOLD = 5


@dataclass(frozen=True)
class ConvertOptions:
    """The data set and its format, the folder to write, and how the set is read.

    Several `sources` are recordings, which become one set. `name` is what the set is called in the
    result, None for its own name; with `link` pictures are hard links. `ray` is None without a
    cluster.
    """

    sources: tuple[Path, ...]
    format: str
    out: Path
    resume: bool
    link: bool
    name: str | None
    reading: ConversionOptions
    ray: str | None

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> ConvertOptions:
        """Return what was parsed; raises UsageError for what says nothing of the format."""
        if parsed.label and not format_named(parsed.format).names_labels:
            raise UsageError(
                f"--label says nothing of {parsed.format}, whose labels are fixed: leave it out"
            )
        sources = (*parsed.sources, *map(Path, getattr(parsed, EXTRA_INPUTS)))
        is_of_bags = parsed.format == "bag"
        bags = [bag for path in sources for bag in bags_at(path)] if is_of_bags else []
        if len(bags) > 1 and parsed.masks is not None:
            raise UsageError("--masks has the labels of one recording: convert one at a time")
        return cls(
            sources=sources,
            format=parsed.format,
            out=parsed.out,
            resume=parsed.resume,
            link=parsed.link,
            name=parsed.name,
            reading=ConversionOptions(
                label_options(parsed),
                LabelMeanings(dict(parsed.label)),
                bag_options(parsed, bags or sources),
            ),
            ray=parsed.ray,
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `data convert`."""
    parser = commands.add_parser(
        "convert",
        help="bring a data set to COCO's instances",
        description="Bring a data set to one format, COCO's instances with sides, owners and "
        "sources; docs/data.md tells what of each format is taken",
        epilog="formats:\n" + "\n".join(f"  {item.name:16} {item.given}" for item in FORMATS),
    )
    parser.takes_more = True
    parser.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        type=Path,
        help="the data set, as it came; several recordings become one set",
    )
    parser.add_argument(
        "--format",
        required=True,
        choices=[item.name for item in FORMATS],
        metavar="FORMAT",
        help="which data set, or which tool's format; the list is below",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was interrupted in DIR"
    )
    parser.add_argument(
        "--link",
        action="store_true",
        help="hard links in place of copies of the pictures, which then must not be changed",
    )
    parser.add_argument(
        "--name", help="what the data set is called in the result (default: its own name)"
    )
    parser.add_argument(
        "--label",
        type=_meaning,
        action="append",
        default=[],
        metavar="NAME=LABEL",
        help=f"what a label of the set means, one of {', '.join(KNOWN_LABELS)}; may be repeated",
    )
    add_ray_option(parser, "the pictures, or the recordings")
    add_label_options(parser)
    add_bag_options(parser)
    parser.set_command(ConvertOptions.of, _convert)


def _meaning(text: str) -> tuple[str, str]:
    name, _, label = text.rpartition("=")
    if not name or label not in KNOWN_LABELS:
        raise argparse.ArgumentTypeError(f"must be NAME=LABEL, of {', '.join(KNOWN_LABELS)}")
    return name, label


def _convert(options: ConvertOptions) -> None:
    source = open_source_set(options.sources, options.format, options.reading)
    for path in options.sources:
        check_outside(options.out, path, "the data set")
    if options.ray is not None and not (source.is_listed or source.recordings):
        raise MediaError(
            f"'{options.sources[0]}' is one recording, whose pictures are read one after the "
            "other: give several recordings, or leave --ray out"
        )
    facts = _facts(options, source.title)
    with (
        ConversionFolder(options.out, facts, options.resume, options.link) as folder,
        stop_on_interrupt() as stop,
    ):
        if folder.is_finished:
            print(f"'{options.out}' is finished: nothing is left to be done")
            return
        with _reader(options, source, facts["name"]) as read:
            counts = convert(source, folder, stop.before, read)
        if stop.asked:
            print("stopped: go on with --resume")
            raise KeyboardInterrupt
        _check_any(counts, source)
        folder.finish()
    _tell(counts, options.out)


@contextmanager
def _reader(options: ConvertOptions, source: SourceSet, name: str) -> Iterator[ReadMembers]:
    """Yield what reads the members: this process, or the workers of a Ray cluster."""
    if options.ray is None:
        yield partial(read_here, source, name)
        return
    paths = [path.absolute() for path in options.sources]
    open_set = partial(open_source_set, paths, options.format, options.reading)
    beside = scratch_folder(options.out.absolute().parent) if source.recordings else nullcontext()
    with beside as scratch, workers_at(options.ray, Needs()) as workers:
        if scratch is None:
            yield partial(read_by, workers, open_set, name, source)
        else:
            yield partial(read_recordings_by, workers, open_set, name, scratch, source)


def _facts(options: ConvertOptions, title: str) -> dict[str, str]:
    """Return what tells whether another run goes on with the same."""
    reading = options.reading
    told = reading.meanings.told
    return {
        "format": options.format,
        "set": title,
        "name": options.name or title,
        "labels": ", ".join(f"{name}={label}" for name, label in sorted(told.items())),
        **reading_facts(options.sources, reading.labels, reading.bag, options.out),
    }


def _check_any(counts: ConversionCounts, source: SourceSet) -> None:
    if not counts.pictures:
        why = f", the first, {counts.first.name}, as {counts.first.reason}" if counts.first else ""
        raise MediaError(
            f"not one picture of '{source.title}' could be converted: {counts.skipped} were "
            f"skipped{why}"
        )


def _tell(counts: ConversionCounts, out: Path) -> None:
    for text, number in counts.notes.most_common(_MOST_TOLD):
        warn(f"{number} picture(s): {text}")
    if counts.first:
        warn(f"{counts.skipped} skipped, the first is {counts.first.name}, by their reasons:")
        for text, number in counts.reasons.most_common(_MOST_TOLD):
            warn(f"  {number}: {text}")
        warn(f"'{out / MEMBERS}' tells which")
    boxes = f", {counts.boxes} of them boxes without a mask" if counts.boxes else ""
    print(
        f"{counts.pictures} pictures with {counts.annotations} hands and objects{boxes}, "
        f"{counts.skipped} skipped; written to {out}"
    )
