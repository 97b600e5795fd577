"""`handseg data split`: the parts of a labelled set that training and judging need."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import math
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
from handseg_ros.cli.text_table import text_table
from handseg_ros.curation.groups import GroupKind
from handseg_ros.curation.partition import Part
from handseg_ros.curation.split import SplitOptions, SplitResult, split

_DEFAULT_PARTS = "train=0.8,val=0.1,test=0.1"
# So many groups of a part are named.
_MOST_NAMED = 4


@dataclass(frozen=True)
class SplitCommand:
    """The set, how it is split, and the folder of the parts."""

    sets: SetOptions
    split: SplitOptions
    out: Path

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> SplitCommand:
        """Return what was parsed."""
        how = SplitOptions(GroupKind(parsed.by), parsed.parts, parsed.seed)
        return cls(SetOptions.of(parsed), how, parsed.out)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `data split`."""
    parser = commands.add_parser(
        "split",
        help="split labelled data by source, person or sequence",
        description="Write the parts of a labelled set as COCO folders; no source, person or "
        "sequence is in two of them. Pictures are hard links where the file system has these",
    )
    add_set_options(parser)
    parser.add_argument(
        "--by",
        required=True,
        choices=[kind.value for kind in GroupKind],
        help="what must not be in two parts",
    )
    parser.add_argument(
        "--parts",
        type=_parts,
        default=_DEFAULT_PARTS,
        metavar="NAME=SHARE,...",
        help="the parts, and the share of the pictures that each is to have (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="another number shares out otherwise (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write the parts to"
    )
    parser.set_command(SplitCommand.of, _split)


def _parts(text: str) -> tuple[Part, ...]:
    """Return parts as they are written; raises argparse.ArgumentTypeError."""
    pairs = [part.partition("=") for part in text.split(",")]
    try:
        parts = tuple(Part(name.strip(), float(share)) for name, _, share in pairs)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not written as {_DEFAULT_PARTS}") from error
    names = [part.name for part in parts]
    if any(not name or name.startswith(".") or Path(name).name != name for name in names):
        raise argparse.ArgumentTypeError(f"'{text}' has a name that no folder can have")
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"'{text}' names a part twice")
    shares = [part.share for part in parts]
    if not all(0 < share <= 1 for share in shares) or not math.isclose(
        sum(shares), 1, abs_tol=1e-6
    ):
        raise argparse.ArgumentTypeError(f"the shares of '{text}' must be above 0, and 1 together")
    return parts


def _seed(text: str) -> int:
    """Return a whole number of 0 or more; raises argparse.ArgumentTypeError or ValueError."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number


def _split(options: SplitCommand) -> None:
    dataset = options.sets.open_apart_from(options.out)
    result = split(dataset, options.split, options.out, with_progress)
    tell_skipped(result.skipped)
    for text, number in result.losses.items():
        warn(f"{number} picture(s): {text}")
    by = options.split.by.value
    if result.unknown:
        warn(f"{result.unknown} picture(s) tell no {by}, and stay together in one part")
    print(_table(result, options.split))
    print(f"written to {options.out}")


def _table(result: SplitResult, how: SplitOptions) -> str:
    total = sum(part.pictures for part in result.parts)
    rows = [("part", "wanted", "got", "pictures", "annotations", f"{how.by.value}s", "")]
    for wanted, part in zip(how.parts, result.parts, strict=True):
        named = ", ".join(part.groups[:_MOST_NAMED])
        rows.append(
            (
                part.name,
                f"{wanted.share:.1%}",
                f"{part.pictures / total:.1%}",
                str(part.pictures),
                str(part.annotations),
                str(len(part.groups)),
                named + (", …" if len(part.groups) > _MOST_NAMED else ""),
            )
        )
    return text_table(rows)
