"""`handseg train`: a model of one's own hands, from a shipped one and a labelled set."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.interrupts import stop_on_interrupt
from handseg_ros.cli.label_arguments import add_label_options, label_options
from handseg_ros.cli.number_types import bounded, positive
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.curation.holding_out import SPLIT_BY
from handseg_ros.evaluation.metrics.registry import titles
from handseg_ros.evaluation.metrics.results import Difference, Estimate
from handseg_ros.training.finetuning.request import FineTuningRequest, shipped_mix

_FIGURES = ("iou", "boundary_2px", "hand_recall", "mask_ap50", "false_rate")


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `train`."""
    parser = commands.add_parser(
        "train",
        help="make a model of your own hands from a shipped one",
        description="Train a model on with a labelled set: docs/training.md",
    )
    parser.add_argument(
        "--finetune", required=True, metavar="MODEL", help="the model to start from: name or path"
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="SET",
        help="what to learn from: any labelled set that handseg evaluate reads",
    )
    parser.add_argument(
        "--out", type=Path, metavar="RUN", help="the run's folder (default: MODEL_finetuned)"
    )
    _add_judging(parser)
    _add_mixing(parser)
    _add_training(parser)
    add_label_options(parser)
    parser.set_command(_request, _train)


def _add_judging(parser: argparse.ArgumentParser) -> None:
    judging = parser.add_argument_group("what judges the model")
    judging.add_argument(
        "--held-out", type=Path, metavar="SET", help="a set to judge by (default: a part of --data)"
    )
    judging.add_argument(
        "--split-by",
        choices=SPLIT_BY,
        help="what is held out as a whole (default: found out, and told)",
    )
    judging.add_argument(
        "--held-out-share",
        type=bounded(0.01, 0.9),
        default=0.2,
        metavar="SHARE",
        help="how much of --data is held out, about (default: %(default)s)",
    )


def _add_mixing(parser: argparse.ArgumentParser) -> None:
    mixing = parser.add_argument_group("so that it does not forget")
    mixing.add_argument(
        "--mix",
        type=Path,
        action="append",
        metavar="SET",
        help="a labelled set that is mixed in (default: the package's rendered pictures)",
    )
    mixing.add_argument(
        "--mix-share",
        type=bounded(0, 0.9),
        default=0.35,
        metavar="SHARE",
        help="share of the pictures that are mixed in (default: %(default)s)",
    )


def _add_training(parser: argparse.ArgumentParser) -> None:
    training = parser.add_argument_group("how it is trained")
    training.add_argument("--steps", type=positive, default=300, help="default: %(default)s")
    training.add_argument(
        "--batch-size", type=positive, default=8, help="pictures a step (default: %(default)s)"
    )
    training.add_argument(
        "--rate",
        type=bounded(1e-7, 1.0),
        default=3e-4,
        help="the learning rate (default: %(default)s)",
    )
    training.add_argument(
        "--size", default="", metavar="WxH", help="the input (default: the model's own)"
    )
    training.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    training.add_argument("--name", default="", help="the new model's (default: MODEL_finetuned)")
    training.add_argument(
        "--data-licence", default="not told", help="what the new model's file says of your data"
    )
    training.add_argument("--threads", type=positive, default=2, help="default: %(default)s")
    training.add_argument(
        "--workers",
        type=int,
        choices=range(33),
        metavar="N",
        default=1,
        help="processes that prepare pictures, 0 for none (default: %(default)s)",
    )


def _request(parsed: argparse.Namespace) -> FineTuningRequest:
    """Return what was parsed; raises UsageError."""
    if parsed.held_out and parsed.split_by:
        raise UsageError(
            "--held-out and --split-by exclude each other, as nothing of --data is held out where "
            "another set judges: give one"
        )
    if parsed.seed < 0:
        raise UsageError(f"--seed {parsed.seed} is below 0: give 0 or more")
    if not re.fullmatch(r"[\w.-]*", parsed.name):
        raise UsageError(
            f"--name '{parsed.name}' cannot be a file's name: use letters, digits, '_', '-' and '.'"
        )
    width, height = _size(parsed.size)
    return FineTuningRequest(
        model=parsed.finetune,
        data=parsed.data,
        out=parsed.out or Path(f"{Path(parsed.finetune).stem}_finetuned"),
        held_out=parsed.held_out,
        split_by=parsed.split_by,
        held_out_share=parsed.held_out_share,
        mix=shipped_mix() if parsed.mix is None else tuple(parsed.mix),
        mix_share=parsed.mix_share,
        steps=parsed.steps,
        batch_size=parsed.batch_size,
        learning_rate=parsed.rate,
        width=width,
        height=height,
        seed=parsed.seed,
        name=parsed.name,
        data_licence=parsed.data_licence,
        threads=parsed.threads,
        workers=parsed.workers,
        labels=label_options(parsed),
    )


def _size(text: str) -> tuple[int, int]:
    if not text:
        return 0, 0
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    if found is None:
        raise UsageError(f"--size '{text}' is no size: write it as WIDTHxHEIGHT, such as 320x256")
    return int(found[1]), int(found[2])


def _train(request: FineTuningRequest) -> None:
    run = import_with_extra("handseg_ros.training.finetuning.run", "train", "training")
    done = run.fine_tune(request, warn, stop_on_interrupt)
    if done is None:
        print(f"stopped; what is finished lies in {request.out}: the same command goes on")
        raise KeyboardInterrupt
    _tell(request, done)


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
