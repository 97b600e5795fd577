"""`handseg data check`: what is wrong in labelled sets, and what two splits have in common."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.data.json_output import add_json_option, write_result
from handseg_ros.cli.data.set_arguments import SetOptions, add_set_options, with_progress
from handseg_ros.cli.number_types import bounded
from handseg_ros.cli.text_table import text_table
from handseg_ros.cli.usage_error import UsageError, check_needed
from handseg_ros.curation.check import CheckOptions, CheckResult, check
from handseg_ros.curation.finding import Finding
from handseg_ros.curation.groups import GroupKind
from handseg_ros.curation.look_alikes import MOST_BITS
from handseg_ros.segmentation.errors import HandsegError

SCHEMA = "handseg_ros/data_check"


@dataclass(frozen=True)
class CheckCommand:
    """The sets, what is looked for in them, and the file of the result, None for none."""

    sets: SetOptions
    check: CheckOptions
    json: str | None

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> CheckCommand:
        """Return what was parsed; raises UsageError for a set that is given twice, or is alone."""
        sets = SetOptions.of(parsed)
        real = [path.resolve() for path in sets.paths]
        twice = next((path for path in sets.paths if real.count(path.resolve()) > 1), None)
        if twice is not None:
            raise UsageError(f"'{twice}' is given twice: give each split once")
        check_needed("a second SET", len(real) > 1, {"--apart": parsed.apart})
        apart = frozenset(GroupKind if parsed.apart is None else map(GroupKind, parsed.apart))
        return cls(sets, CheckOptions(apart, int(parsed.near)), parsed.json)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `data check`."""
    parser = commands.add_parser(
        "check",
        help="look for what is wrong in labelled data",
        description="Look for what is wrong in labelled sets; several are taken for the parts of a "
        "split, and must have nothing in common. Ends with code 1 where something is wrong",
    )
    add_set_options(parser, several=True)
    parser.add_argument(
        "--apart",
        nargs="*",
        choices=[kind.value for kind in GroupKind],
        metavar="KIND",
        help="what must not be in two sets: source, person, sequence (default: all of them)",
    )
    parser.add_argument(
        "--near",
        type=bounded(0, 64),
        default=MOST_BITS,
        metavar="BITS",
        help="pictures look alike whose hashes of 64 bits differ by so many (default: %(default)s)",
    )
    add_json_option(parser)
    parser.set_command(CheckCommand.of, _check)


def _check(options: CheckCommand) -> None:
    sets = [
        (str(path), dataset)
        for path, dataset in zip(options.sets.paths, options.sets.open(), strict=True)
    ]
    result = check(sets, options.check, with_progress)
    write_result(_text(result), options.json, SCHEMA, result)
    if result.wrong:
        first = result.wrong[0]
        named = first.pictures[0]
        raise HandsegError(
            f"{len(result.wrong)} kind(s) of mistakes were found, the first is '{first.kind}' of "
            f"{named.picture} in {named.set}: correct the labels, or leave the pictures out"
        )


def _text(result: CheckResult) -> str:
    sets = [(item.title, str(item.pictures), str(item.skipped)) for item in result.sets]
    tables = [text_table([("set", "pictures", "skipped"), *sets])]
    if result.findings:
        rows = [_row(item) for item in result.findings]
        tables.append(text_table([("", "what", "count", "first"), *rows]))
    else:
        tables.append("nothing to tell of")
    return "\n\n".join(tables)


def _row(finding: Finding) -> tuple[str, str, str, str]:
    first = finding.pictures[0]
    detail = f" ({first.detail})" if first.detail else ""
    told = f"{first.picture} of {first.set}{detail}"
    return "WRONG" if finding.is_wrong else "note", finding.kind, str(finding.count), told
