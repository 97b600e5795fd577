"""`handseg`: hand segmentation without ROS, from the terminal."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from handseg_ros import __version__
from handseg_ros.cli import (
    capture,
    distil,
    evaluate,
    export_model,
    import_model,
    info,
    label,
    label_bag,
    latency,
    record_masks,
    run,
    serve,
    train,
    view,
)
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.data import group as data
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.segmentation.errors import HandsegError

# What a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 130
_BROKEN_PIPE = 141
_WRONG_USAGE = 2  # as argparse has it


_EXAMPLES = """examples:
  handseg run                            the package's own picture, to output.png
  handseg run photo.jpg -s mask.png      a picture's hands, as a mask
  handseg run clip.mp4 -s out.mp4 --overlay
  handseg run 0 --json -                 a webcam, its hands as lines of JSON
  handseg info hands                     what a model says of itself
  handseg evaluate labels --out report   a model on labelled frames
  handseg import theirs.onnx             another network
  handseg train --finetune hands --data my_coco.json
  handseg serve                          hands for programs that post images
  handseg view 0                         a webcam's hands in the browser
  handseg capture 0 --out captured       frames to train from, stored by a held hand

handseg COMMAND --help tells all options of a command."""


def make_parser() -> CommandParser:
    """Return the parser of all sub-commands; each sets `action`, a function of its arguments."""
    parser = CommandParser(prog="handseg", description=__doc__, epilog=_EXAMPLES)
    parser.add_argument("--version", action="version", version=f"handseg_ros {__version__}")
    commands = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", parser_class=CommandParser
    )
    run.add_parser(commands)
    evaluate.add_parser(commands)
    info.add_parser(commands)
    data.add_parser(commands)
    import_model.add_parser(commands)
    export_model.add_parser(commands)
    record_masks.add_parser(commands)
    label_bag.add_parser(commands)
    label.add_parser(commands)
    latency.add_parser(commands)
    serve.add_parser(commands)
    train.add_parser(commands)
    distil.add_parser(commands)
    capture.add_parser(commands)
    view.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 after an error that was explained, 2 for a wrong usage."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # names of files need not be text in the terminal's encoding
        sys.stdout.reconfigure(errors="backslashreplace")
    parsed = make_parser().parse_args(arguments)
    try:
        parsed.action(parsed)
    except HandsegError as error:
        print(f"handseg: {error}", file=sys.stderr)
        return _WRONG_USAGE if isinstance(error, UsageError) else 1
    except BrokenPipeError:  # whoever read what is printed has gone
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # else its flush at the end fails too
        return _BROKEN_PIPE
    except OSError as error:
        print(f"handseg: {_system_error(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _system_error(error: OSError) -> str:
    """Return what the system refused, for files that no command tells of by itself."""
    reason = error.strerror or str(error) or type(error).__name__
    named = f"'{error.filename}' cannot be used, {reason}" if error.filename else reason
    return f"{named}: check that there is space, for temporary files too, and that you may write"


if __name__ == "__main__":
    sys.exit(main())
