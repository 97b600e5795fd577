"""`handseg run`: hands in pictures, videos or a camera; results at the original size."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.cli.command_parser import EXTRA_INPUTS, CommandParser
from handseg_ros.cli.interrupts import terminating_as_interrupt
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.number_types import positive
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.run_inference import Inference, RunSummary, run_inference
from handseg_ros.cli.run_inputs import open_inputs
from handseg_ros.cli.run_outputs import RunOutputOptions, open_outputs
from handseg_ros.cli.run_timing import REPETITIONS, timing_table
from handseg_ros.media.sample_picture import sample_picture
from handseg_ros.media.text_file import STANDARD_OUTPUT
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Segmentation, Timings
from handseg_ros.segmentation.overlay import OverlayMode, Palette

_DRAWING_MODES = [mode.value for mode in OverlayMode if mode is not OverlayMode.NONE]
_EXAMPLES = """examples:
  handseg run                                 the package's own picture, to output.png
  handseg run photo.jpg -s mask.png           0 and 255, at the picture's own size
  handseg run photo.jpg -s out.png --overlay  the picture with its hands drawn
  handseg run photos/ -s masks                a folder, to a folder
  handseg run a.jpg b.jpg 'more/*.png' -s masks --json hands.jsonl
  handseg run clip.mp4 -s masks.mkv           a video; .mkv keeps masks exact
  handseg run 0 -s out.mp4 --overlay          a webcam, until Ctrl-C

The code is 0 when everything was answered, and when a camera was stopped; 1 when something was
not answered, which is told; 2 for options that do not go together; 130 when Ctrl-C or SIGTERM came
before the end of files, of which what was answered is kept."""


@dataclass(frozen=True)
class RunOptions:
    """What is answered, by which model, and where the results go.

    `inputs` is empty for the package's own picture; at most `frames` are answered, all for None;
    with `benchmark` the time that answers take is told.
    """

    inputs: tuple[str, ...]
    inference: InferenceOptions
    output: RunOutputOptions
    benchmark: bool
    frames: int | None

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> RunOptions:
        """Return what was parsed."""
        extra = getattr(parsed, EXTRA_INPUTS)
        return cls(
            inputs=(*(parsed.named_inputs or []), *parsed.inputs, *extra),
            inference=InferenceOptions.of(parsed),
            output=RunOutputOptions.of(parsed),
            benchmark=parsed.benchmark,
            frames=parsed.frames,
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `run`."""
    parser = commands.add_parser(
        "run", help="segment the hands in pictures, a video or a camera", epilog=_EXAMPLES
    )
    parser.takes_more = True
    _add_inputs(parser)
    parser.add_argument(
        "-s",
        "--save",
        "--savepath",
        metavar="OUT",
        type=Path,
        help="a picture, a video (.mkv keeps masks exact) or a folder of pictures (default: "
        "output.png, output.mkv, output.mp4 or output/, as the input asks for; nothing with "
        "--json, --csv or --show)",
    )
    drawn = parser.add_mutually_exclusive_group()
    drawn.add_argument(
        "--overlay",
        nargs="?",
        const=OverlayMode.INSTANCES.value,
        action=_OverlayAction,
        metavar="|".join(_DRAWING_MODES),
        help=f"draw hands and objects onto the input (default way: {OverlayMode.INSTANCES.value})",
    )
    drawn.add_argument("--instances", action="store_true", help="write ids instead of 0 and 255")
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="write the hands of each frame as a line of JSON; - is the standard output",
    )
    parser.add_argument(
        "--csv", metavar="FILE", help="write a line for each hand; - is the standard output"
    )
    parser.add_argument(
        "--show", action="store_true", help="show what is found in a window; q ends it"
    )
    parser.add_argument(
        "-b",
        "--benchmark",
        action="store_true",
        help=f"print how long answers took; pictures are answered {REPETITIONS} times",
    )
    parser.add_argument("--frames", type=positive, metavar="N", help="stop after N frames")
    add_model_options(parser)
    parser.set_command(RunOptions.of, _run)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="IN",
        help="pictures, videos, folders of pictures, globs in quotes, or one camera's number "
        "(default: the package's own picture)",
    )
    # As scripts of other models call them; each may be given again.
    parser.add_argument(
        "-i", "--input", metavar="IN", action="append", dest="named_inputs", help="the same"
    )
    parser.add_argument(
        "-v", "--video", metavar="IN", action="append", dest="named_inputs", help="the same"
    )


class _OverlayAction(argparse.Action):
    """Takes the way to draw, and gives a word that is none back to the inputs."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        mode = str(values)
        if mode not in _DRAWING_MODES:
            namespace.named_inputs = [*(namespace.named_inputs or []), mode]
            mode = str(self.const)
        setattr(namespace, self.dest, mode)


def _run(options: RunOptions) -> None:
    inputs = open_inputs(options.inputs or _default_inputs())
    targets = options.output.resolved(inputs)
    segmenter = options.inference.load()
    thresholds = options.inference.thresholds(segmenter.description.thresholds)
    file = options.inference.background
    background = [] if file is None else [file]
    targets.check_overwriting(inputs, (segmenter.session.path, *background))
    description = segmenter.description
    timings: list[Timings] = []

    def answer(image: np.ndarray) -> Segmentation:
        segmentation = segmenter.segment(image, thresholds)
        timings.append(segmentation.timings)
        return segmentation

    repeated = REPETITIONS if options.benchmark else 1
    with terminating_as_interrupt(), ExitStack() as closing:
        outputs = open_outputs(targets, inputs, description.title, Palette.of(description), closing)
        summary = run_inference(inputs, Inference(answer, repeated), outputs, options.frames)
    _tell(summary, targets, timing_table(timings) if options.benchmark else "")


def _default_inputs() -> tuple[str, ...]:
    """Return the package's own picture, and tell of it."""
    warn(f"no input is given: the package's own picture is answered, {sample_picture()}")
    return (str(sample_picture()),)


def _tell(summary: RunSummary, targets: RunOutputOptions, timing: str) -> None:
    """Print what was done; raises MediaError where a part was not.

    Raises KeyboardInterrupt, once all is told, where the rest was not wanted any more.
    """
    shown = " and ".join(map(str, targets.files))
    written = f", written to {shown}" if shown else ""
    left_out = f"; {summary.left_out} left out" if summary.left_out else ""
    where = sys.stderr if STANDARD_OUTPUT in (targets.json, targets.csv) else sys.stdout
    print(f"{summary.frames} frames, {summary.hands} hands{written}{left_out}", file=where)
    if timing:
        print(timing, file=where)
    if summary.failed:
        total = summary.frames + summary.failed
        raise MediaError(
            f"{summary.frames} of {total} answered; why the rest was not is told above"
        )
    if summary.is_stopped:
        raise KeyboardInterrupt
