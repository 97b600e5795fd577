"""The options of `handseg train --finetune`, and the request that they make."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from handseg_ros.cli.label_arguments import label_options
from handseg_ros.cli.number_types import bounded, positive
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.curation.holding_out import SPLIT_BY
from handseg_ros.training.finetuning.request import FineTuningRequest, shipped_mix

# Where the parsed options lie, and the field of the request that each becomes as it is.
_FIELDS = {
    "held_out": "held_out",
    "split_by": "split_by",
    "held_out_share": "held_out_share",
    "mix_share": "mix_share",
    "steps": "steps",
    "batch_size": "batch_size",
    "rate": "learning_rate",
    "seed": "seed",
    "name": "name",
    "data_licence": "data_licence",
}
_OTHERS = ("finetune", "data", "mix", "size")
# Stand in place of fields of CONFIG.yaml, too.
_SHARED = ("steps", "batch_size")


def add_finetuning_options(parser: argparse.ArgumentParser) -> None:
    """Add what only fine-tuning takes; what is not given is None, and has the request's default."""
    own = parser.add_argument_group("to fine-tune a model")
    own.add_argument("--finetune", metavar="MODEL", help="the model to start from: name or path")
    own.add_argument(
        "--data",
        type=Path,
        metavar="SET",
        help="what to learn from: any labelled set that handseg evaluate reads",
    )
    _add_judging(parser)
    _add_mixing(parser)
    _add_training(parser)


def options_of_finetuning_alone(parsed: argparse.Namespace) -> list[str]:
    """Return the options that were given and say nothing of CONFIG.yaml, as they are written."""
    names = (name for name in (*_OTHERS, *_FIELDS) if name not in _SHARED)
    return [f"--{name.replace('_', '-')}" for name in names if getattr(parsed, name) is not None]


def finetuning_request(parsed: argparse.Namespace) -> FineTuningRequest:
    """Return what was parsed; raises UsageError."""
    if parsed.finetune is None or parsed.data is None:
        missing = "--finetune MODEL" if parsed.finetune is None else "--data SET"
        raise UsageError(f"{missing} is missing: give --finetune and --data, or a CONFIG.yaml")
    if parsed.held_out and parsed.split_by:
        raise UsageError(
            "--held-out and --split-by exclude each other, as nothing of --data is held out where "
            "another set judges: give one"
        )
    if parsed.held_out and parsed.held_out_share is not None:
        raise UsageError(
            "--held-out and --held-out-share exclude each other, as nothing of --data is held out "
            "where another set judges: give one"
        )
    if parsed.seed is not None and parsed.seed < 0:
        raise UsageError(f"--seed {parsed.seed} is below 0: give 0 or more")
    if parsed.name is not None and not re.fullmatch(r"[\w.-]+", parsed.name):
        raise UsageError(
            f"--name '{parsed.name}' cannot be a file's name: use letters, digits, '_', '-' and '.'"
        )
    given: dict[str, Any] = {
        field: getattr(parsed, name)
        for name, field in _FIELDS.items()
        if getattr(parsed, name) is not None
    }
    width, height = _size(parsed.size)
    return FineTuningRequest(
        model=parsed.finetune,
        data=parsed.data,
        out=parsed.out or Path(f"{Path(parsed.finetune).stem}_finetuned"),
        mix=shipped_mix() if parsed.mix is None else tuple(parsed.mix),
        width=width,
        height=height,
        threads=parsed.threads,
        workers=parsed.workers,
        labels=label_options(parsed),
        **given,
    )


def _size(text: str | None) -> tuple[int, int]:
    if text is None:
        return 0, 0
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    if found is None:
        raise UsageError(f"--size '{text}' is no size: write it as WIDTHxHEIGHT, such as 320x256")
    return int(found[1]), int(found[2])


def _add_judging(parser: argparse.ArgumentParser) -> None:
    judging = parser.add_argument_group("what judges it")
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
        metavar="SHARE",
        help="how much of --data is held out, about (default: 0.2)",
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
        metavar="SHARE",
        help="share of the pictures that are mixed in (default: 0.5)",
    )


def _add_training(parser: argparse.ArgumentParser) -> None:
    training = parser.add_argument_group("how it is trained")
    training.add_argument(
        "-i",
        "--steps",
        type=positive,
        help="default: 300; or in place of schedule.steps of CONFIG.yaml, whose warm-up and decay "
        "go with it",
    )
    training.add_argument(
        "-b",
        "--batch-size",
        type=positive,
        help="pictures a step (default: 8); or in place of batch_size of CONFIG.yaml",
    )
    training.add_argument(
        "--rate", type=bounded(1e-7, 1.0), help="the learning rate (default: 0.0003)"
    )
    training.add_argument("--size", metavar="WxH", help="the input (default: the model's own)")
    training.add_argument("--seed", type=int, help="default: 0")
    training.add_argument("--name", help="the new model's (default: MODEL_finetuned)")
    training.add_argument("--data-licence", help="what the new model's file says of your data")
