"""`handseg data export`: a labelled set in the format of another tool."""

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
from handseg_ros.cli.reporting import warn
from handseg_ros.curation.export import WRITERS, export


@dataclass(frozen=True)
class ExportCommand:
    """The set, the format to write, and the folder to write it to."""

    sets: SetOptions
    format: str
    out: Path

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> ExportCommand:
        """Return what was parsed."""
        return cls(SetOptions.of(parsed), parsed.format, parsed.out)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `data export`."""
    parser = commands.add_parser(
        "export",
        help="write labelled data as another tool reads it",
        description="Write a labelled set in another format, every mask to the pixel. Pictures are "
        "hard links where the file system has these: then change neither",
    )
    add_set_options(parser)
    parser.add_argument("--format", required=True, choices=list(WRITERS), help="what is written")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write"
    )
    parser.set_command(ExportCommand.of, _export)


def _export(options: ExportCommand) -> None:
    dataset = options.sets.open_apart_from(options.out)
    result = export(dataset, options.format, options.out, with_progress)
    tell_skipped(result.skipped)
    for text, number in result.losses.items():
        warn(f"{number} picture(s): {text}, as the format has no place for it")
    print(f"{result.pictures} pictures written to {options.out}")
