"""`handseg data stats`: what a labelled set consists of."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.data.json_output import add_json_option, write_result
from handseg_ros.cli.data.set_arguments import (
    SetOptions,
    add_set_options,
    tell_skipped,
    with_progress,
)
from handseg_ros.cli.text_table import text_table
from handseg_ros.curation.export import check_any
from handseg_ros.curation.picture_facts import facts_of
from handseg_ros.curation.statistics import Statistics, count

SCHEMA = "handseg_ros/data_stats"
# So many picture sizes are printed; the JSON has all.
_MOST_SIZES = 5


@dataclass(frozen=True)
class StatsCommand:
    """The set, and the file of the result, None for none."""

    sets: SetOptions
    json: str | None

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> StatsCommand:
        """Return what was parsed."""
        return cls(SetOptions.of(parsed), parsed.json)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `data stats`."""
    parser = commands.add_parser(
        "stats",
        help="count pictures, hands, sides, sizes, sources and persons",
        description="Count what a labelled set consists of",
    )
    add_set_options(parser)
    add_json_option(parser)
    parser.set_command(StatsCommand.of, _stats)


def _stats(options: StatsCommand) -> None:
    (dataset,) = options.sets.open()
    frames = with_progress(dataset, dataset.length, dataset.title)
    statistics = count(facts_of(frame, dataset.title) for frame in frames)
    check_any(statistics.pictures, dataset)
    write_result(text_table(list(_rows(statistics))), options.json, SCHEMA, statistics)
    tell_skipped(tuple(dataset.skipped))


def _rows(told: Statistics) -> Iterator[tuple[str, str, str]]:
    yield "pictures", str(told.pictures), ""
    yield "  with a label", str(told.labelled), _share(told.labelled, told.pictures)
    yield "  without a hand", str(told.hand_free), _share(told.hand_free, told.pictures)
    if told.together:
        yield "  all hands in one", str(told.together), _share(told.together, told.pictures)
    for hands, pictures in told.hands_per_picture.items():
        if hands:
            yield f"  with {hands} hand(s)", str(pictures), _share(pictures, told.pictures)
    yield "hands", str(told.hands), ""
    yield from _counts(told.sides, told.hands)
    yield from _counts(told.sizes, told.hands)
    for name, root in told.size_quantiles.items():
        yield f"  size, {name}", f"{root:.3f}", "root of the share of the picture"
    yield "objects", str(told.objects), ""
    yield "sources", str(len([item for item in told.sources if item.source])), ""
    for source in told.sources:
        name = source.source or "(not known)"
        yield f"  {name}", str(source.pictures), _share(source.pictures, told.pictures)
    yield "persons", str(told.persons), ""
    yield "sequences", str(told.sequences), ""
    yield "picture sizes", str(len(told.picture_sizes)), ""
    yield from list(_counts(told.picture_sizes, told.pictures))[:_MOST_SIZES]


def _counts(counts: Mapping[str, int], total: int) -> Iterator[tuple[str, str, str]]:
    for name, number in counts.items():
        yield f"  {name}", str(number), _share(number, total)


def _share(number: int, total: int) -> str:
    return f"{number / total:.1%}" if total else ""
