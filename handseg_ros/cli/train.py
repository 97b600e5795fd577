"""`handseg train`: a model of one's own hands, or any network that a configuration names."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.finetuning_options import (
    add_finetuning_options,
    finetuning_request,
    options_of_finetuning_alone,
)
from handseg_ros.cli.interrupts import stop_on_interrupt
from handseg_ros.cli.label_arguments import add_label_options, label_options
from handseg_ros.cli.number_types import positive
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.evaluation.metrics.registry import titles
from handseg_ros.evaluation.metrics.results import Difference, Estimate
from handseg_ros.training.configured_request import ConfiguredRequest
from handseg_ros.training.finetuning.request import FineTuningRequest

_FIGURES = ("iou", "boundary_2px", "hand_recall", "mask_ap50", "false_rate")


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `train`."""
    parser = commands.add_parser(
        "train",
        help="make a model of your own hands from a shipped one",
        description="Train a model on with a labelled set (--finetune), or any network by a "
        "configuration: docs/training.md",
    )
    parser.add_argument(
        "config",
        nargs="?",
        type=Path,
        metavar="CONFIG.yaml",
        help="what to train, in place of --finetune",
    )
    parser.add_argument(
        "--out", type=Path, metavar="RUN", help="the run's folder (default: by the model's name)"
    )
    parser.add_argument("--threads", type=positive, default=2, help="default: %(default)s")
    parser.add_argument(
        "--workers",
        type=int,
        choices=range(33),
        metavar="N",
        default=1,
        help="processes that prepare pictures, 0 for none (default: %(default)s)",
    )
    _add_configured_options(parser)
    add_finetuning_options(parser)
    add_label_options(parser)
    parser.set_command(_request, _train)


def _add_configured_options(parser: CommandParser) -> None:
    own = parser.add_argument_group("to train by CONFIG.yaml")
    own.add_argument(
        "--init",
        metavar="coco|imagenet|last|FILE",
        help="the weights to start from: torchvision's (a file that is there already), those of "
        "the newest run beside RUN, or a file or run (default: initial_weights of CONFIG.yaml)",
    )
    own.add_argument(
        "--weights-folder",
        metavar="DIR",
        help="where torchvision's files lie (default: weights_folder of CONFIG.yaml, then torch's "
        "own folder of downloads)",
    )


def _request(parsed: argparse.Namespace) -> FineTuningRequest | ConfiguredRequest:
    """Return what was parsed; raises UsageError."""
    if parsed.config is None:
        for name in ("init", "weights_folder"):
            if getattr(parsed, name) is not None:
                raise UsageError(
                    f"--{name.replace('_', '-')} is for CONFIG.yaml, and --finetune names the "
                    "model to start from: leave one out"
                )
        return finetuning_request(parsed)
    if given := options_of_finetuning_alone(parsed):
        raise UsageError(
            f"{given[0]} and CONFIG.yaml exclude each other, as the configuration tells all of "
            "that: give one"
        )
    out = parsed.out or Path(f"{parsed.config.stem}_run")
    return ConfiguredRequest(
        config=parsed.config,
        out=out,
        threads=parsed.threads,
        workers=parsed.workers,
        labels=label_options(parsed),
        init=parsed.init,
        weights_folder=parsed.weights_folder,
        steps=parsed.steps,
        batch_size=parsed.batch_size,
    )


def _train(request: FineTuningRequest | ConfiguredRequest) -> None:
    if isinstance(request, ConfiguredRequest):
        _train_by_config(request)
        return
    run = import_with_extra("handseg_ros.training.finetuning.run", "train", "training")
    done = run.fine_tune(request, warn, stop_on_interrupt)
    if done.is_stopped:
        _end_stopped(request.out)
    if done.model is not None:
        _tell(request, done)


def _train_by_config(request: ConfiguredRequest) -> None:
    run = import_with_extra("handseg_ros.training.configured_run", "train", "training")
    done = run.train_from_config(request, warn, stop_on_interrupt)
    if done.is_stopped:
        _end_stopped(request.out)
    if done.model is not None:
        print(f"model: {done.model}")


def _end_stopped(out: Path) -> NoReturn:
    print(f"stopped; what is finished lies in {out}: the same command goes on")
    raise KeyboardInterrupt


def _tell(request: FineTuningRequest, done: Any) -> None:
    for name, evaluated in (("held out", done.held_out), ("mixed in", done.remembered)):
        if evaluated is None:
            continue
        counts = evaluated.results.counts
        print(f"{name}: {counts.labelled} pictures of {counts.sequences} sequences")
        group = evaluated.results.groups["all"]
        for figure in _FIGURES:
            if figure in group.figures:
                before, after = group.figures[figure]
                change = group.differences[figure][0] if figure in group.differences else None
                print(f"  {titles()[figure]}: {_line(before, after, change)}")
    print(f"model: {done.model}")
    print(f"report: {request.out / 'evaluation' / 'report.html'}")


def _line(before: Estimate | None, after: Estimate | None, change: Difference | None) -> str:
    text = f"{_shown(before)} before, {_shown(after)} after"
    if change is None or change.interval is None:
        return text
    low, high = change.interval.low, change.interval.high
    return f"{text}; {change.value:+.3f} ({low:+.3f} to {high:+.3f})"


def _shown(estimate: Estimate | None) -> str:
    return "not defined" if estimate is None else f"{estimate.value:.3f}"
