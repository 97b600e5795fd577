"""`handseg data`: the group of commands on labelled data."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from typing import Protocol

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.data import check, convert, export, show, split, stats


class _Command(Protocol):
    def add_parser(self, commands: argparse._SubParsersAction[CommandParser]) -> None: ...


# One more command is one more module, with `add_parser`, and its name here.
COMMANDS: tuple[_Command, ...] = (convert, check, stats, show, split, export)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `data`, and its own sub-commands."""
    parser = commands.add_parser(
        "data",
        help="convert labelled data, and look after it",
        description="Bring labelled data to one format; docs/data.md tells of formats",
    )
    own = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", parser_class=CommandParser
    )
    for command in COMMANDS:
        command.add_parser(own)
