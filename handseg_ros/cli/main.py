"""`handseg`: hand segmentation without ROS, from the terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from handseg_ros import __version__
from handseg_ros.cli import (
    evaluate,
    export_model,
    import_model,
    info,
    label_bag,
    record_masks,
    run,
)
from handseg_ros.segmentation.errors import HandsegError

# What a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 130


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all sub-commands; each sets `action`, a function of its arguments."""
    parser = argparse.ArgumentParser(prog="handseg", description=__doc__)
    parser.add_argument("--version", action="version", version=f"handseg_ros {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    run.add_parser(commands)
    evaluate.add_parser(commands)
    info.add_parser(commands)
    import_model.add_parser(commands)
    export_model.add_parser(commands)
    record_masks.add_parser(commands)
    label_bag.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 after an error that was explained, 2 for a wrong usage."""
    options = make_parser().parse_args(arguments)
    try:
        options.action(options)
    except HandsegError as error:
        print(f"handseg: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
