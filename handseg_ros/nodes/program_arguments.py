"""What the nodes' programs answer without being nodes: --help, --version and unknown arguments.

Nothing of ROS is loaded for it, but for the parameters that --help tells.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from handseg_ros import __version__

if TYPE_CHECKING:
    from handseg_ros.nodes.parameters import ParameterSpec

_BEGIN, _END = "--ros-args", "--"
_WIDTH = 100


def answer_arguments(
    program: str,
    description: str,
    specs: Callable[[], Iterable[ParameterSpec]],
    arguments: Sequence[str],
) -> None:
    """End the process where the arguments ask for help or the version, or hold unknown ones.

    `specs` is called for the help alone, and returns the node's parameters. What stands between
    --ros-args and its end is for ROS to read.
    """
    parser = argparse.ArgumentParser(
        prog=program,
        usage=f"{program} [-h] [--version] [--ros-args -p NAME:=VALUE -r FROM:=TO ...]",
        description=description,
        add_help=False,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-h", "--help", action=_Help, nargs=0, specs=specs, help="tell the parameters, and end"
    )
    parser.add_argument(
        "--version", action="version", version=f"handseg_ros {__version__}", help="tell it, and end"
    )
    _, unknown = parser.parse_known_args(outside_ros(arguments))
    if unknown:
        parser.error(
            f"'{unknown[0]}' is unknown: ROS arguments such as -p and -r come after {_BEGIN}"
        )


def outside_ros(arguments: Sequence[str]) -> list[str]:
    """Return the arguments that are not for ROS to read."""
    outside, is_inside = [], False
    for argument in arguments:
        if is_inside or argument == _BEGIN:
            is_inside = argument != _END
        else:
            outside.append(argument)
    return outside


class _Help(argparse.Action):
    """Tells the parameters too."""

    def __init__(self, *, specs: Callable[[], Iterable[ParameterSpec]], **others: Any) -> None:
        super().__init__(**others)
        self._specs = specs

    def __call__(self, parser: argparse.ArgumentParser, *others: object) -> None:
        paragraphs = (_paragraph(spec) for spec in self._specs())
        parser.epilog = "\n".join(["parameters, as '--ros-args -p NAME:=VALUE':", *paragraphs])
        parser.print_help()
        parser.exit()


def _paragraph(spec: ParameterSpec) -> str:
    default = str(spec.default).lower() if isinstance(spec.default, bool) else spec.default
    allowed = spec.allowed if default == "" else f"{spec.allowed}; default: {default}"
    words = f"{spec.description} ({allowed})"
    return textwrap.fill(
        words, _WIDTH, initial_indent=f"  {spec.name:<22} ", subsequent_indent=" " * 25
    )
