"""`handseg data show`: a contact sheet of a labelled set, and a page that filters."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.data.set_arguments import (
    SetOptions,
    add_set_options,
    tell_skipped,
    with_progress,
)
from handseg_ros.cli.number_types import positive
from handseg_ros.curation.show import PAGE, show


@dataclass(frozen=True)
class ShowCommand:
    """The set, the folder to write, and which pictures are shown: every n-th."""

    sets: SetOptions
    out: Path
    every: int

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> ShowCommand:
        """Return what was parsed."""
        return cls(SetOptions.of(parsed), parsed.out, parsed.every)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `data show`."""
    parser = commands.add_parser(
        "show",
        help="draw a contact sheet and a page that filters",
        description="Write a folder with a contact sheet and a page that filters by source, side, "
        "hands, size and tag; any browser opens it, without a network",
    )
    add_set_options(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="the folder to write"
    )
    parser.add_argument(
        "--every",
        type=positive,
        default=1,
        metavar="N",
        help="show every N-th picture (default: all)",
    )
    parser.set_command(ShowCommand.of, _show)


def _show(options: ShowCommand) -> None:
    dataset = options.sets.open_apart_from(options.out)
    title = options.sets.paths[0].resolve().name
    shown = show(dataset, title, options.every, options.out, with_progress)
    tell_skipped(tuple(dataset.skipped))
    print(
        f"{shown.pictures} pictures, {shown.tiles} of them on the contact sheet: open "
        f"{options.out / PAGE}"
    )
