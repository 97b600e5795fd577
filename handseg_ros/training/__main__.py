"""Command line of training: `python -m handseg_ros.training --help`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import nn

from handseg_ros.evaluation.model_card import measure_card
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.config import TrainingConfig, ablate, load_config
from handseg_ros.training.data_sources import LONGEST_SIDE, load_training_set
from handseg_ros.training.describe import describe
from handseg_ros.training.export import rewrite_description
from handseg_ros.training.initial_weights import find_initial_weights
from handseg_ros.training.pseudo_labels import write_labels
from handseg_ros.training.sample_generator import SampleGenerator
from handseg_ros.training.sheet import write_sheet
from handseg_ros.training.side_head_run import sided_set, train_sides
from handseg_ros.training.trainer import Trainer

# Enough for the statistics of the normalisations; those of the training follow soon.
_STATISTICS_PICTURES = 32

Action = Callable[[argparse.Namespace, TrainingConfig], None]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.action(options, load_config(options.config))
    except HandsegError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m handseg_ros.training")
    commands = parser.add_subparsers(required=True)
    train = _command(commands, "train", _train, "train a network, or go on where it was stopped")
    train.add_argument("--until", type=int, help="stop after this step, to go on later")
    train.add_argument("--threads", type=int, default=2, help="threads that train")
    train.add_argument("--workers", type=int, default=1, help="processes that make pictures")
    sheet = _command(commands, "sheet", _sheet, "write a contact sheet of training pictures")
    train.add_argument("--start", type=Path, help="a model file whose weights to start from")
    train.add_argument(
        "--without",
        nargs="*",
        default=[],
        help="sample sources to leave out, to see what they bring",
    )
    label = _command(commands, "label", _label, "make masks for photos that have only boxes")
    label.add_argument("--model", required=True, help="a model's name or file")
    label.add_argument("--data", type=Path, required=True, help="folder of the data")
    label.add_argument("--width", type=int, default=0, help="network input, 0 for the model's own")
    label.add_argument("--height", type=int, default=0)
    export = _command(commands, "export", _export, "write the model file of a checkpoint")
    export.add_argument("--checkpoint", type=Path, required=True)
    sides = _command(commands, "sides", _sides, "train the head of sides alone, write a model file")
    sides.add_argument("--start", type=Path, required=True, help="the model file to start from")
    sides.add_argument(
        "--taught", type=Path, nargs="*", default=[], help="labelled sets whose sides are known"
    )
    sides.add_argument("--threads", type=int, default=2)
    for command in (train, sheet, sides):
        command.add_argument("--data", type=Path, required=True, help="folder of the data")
        command.add_argument(
            "--rendered", type=Path, nargs="*", default=[], help="folders of rendered scenes"
        )
    for command in (train, sheet):
        command.add_argument("--labels", type=Path, help="folder that `label` wrote")
    measure = _command(commands, "score", _score, "measure a model file, write the figures into it")
    measure.add_argument("--data", type=Path, required=True, help="folder of the data")
    measure.add_argument(
        "--rendered", type=Path, help="a folder of rendered scenes that training never saw"
    )
    return parser


def _command(commands: Any, name: str, action: Action, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text)
    command.set_defaults(action=action)
    command.add_argument("config", type=Path, help="the YAML configuration")
    command.add_argument("out", type=Path, help="run folder, picture or model file to write")
    return command


def _sample_generator(options: argparse.Namespace, config: TrainingConfig) -> SampleGenerator:
    cv2.setNumThreads(0)
    training_set = load_training_set(options.data, options.rendered, config.sources, options.labels)
    return SampleGenerator(training_set, config.mix, (config.height, config.width), config.seed)


def _train(options: argparse.Namespace, config: TrainingConfig) -> None:
    torch.set_num_threads(options.threads)
    config = ablate(config, options.without)
    start = options.start or _named_start(config, options.out)
    generator = _sample_generator(options, config)
    network = _started_from(start, config, generator) if start else None
    Trainer(config, options.out, network).train(generator, options.workers, options.until)


def _named_start(config: TrainingConfig, out: Path) -> Path | None:
    found = find_initial_weights(config, out)
    return None if found is None else found.file


def _started_from(file: Path, config: TrainingConfig, generator: SampleGenerator) -> nn.Module:
    task = config.task()
    network = task.build()
    task.load(network, file, [generator.make(number) for number in range(_STATISTICS_PICTURES)])
    return network


def _label(options: argparse.Namespace, config: TrainingConfig) -> None:
    segmenter = Segmenter.load(
        ModelOptions(options.model, input_width=options.width, input_height=options.height)
    )
    counts = write_labels(segmenter, options.data, config.sources, LONGEST_SIDE, options.out)
    for source, count in counts.items():
        print(
            f"{source}: {count.boxes} boxes, {count.agreed} agreed on, "
            f"a part claimed in {count.partly} more"
        )


def _sheet(options: argparse.Namespace, config: TrainingConfig) -> None:
    write_sheet(_sample_generator(options, config), 36, options.out)


def _export(options: argparse.Namespace, config: TrainingConfig) -> None:
    task = config.task()
    network = task.build()
    task.load(network, options.checkpoint)
    task.export(network.eval(), describe(config, {}), options.out)


def _sides(options: argparse.Namespace, config: TrainingConfig) -> None:
    cv2.setNumThreads(0)
    torch.set_num_threads(options.threads)
    known = sided_set(options.data, options.rendered, options.taught, config.sources)
    network = train_sides(config, options.start, known)
    config.task().export(network, describe(config, {}), options.out)


def _score(options: argparse.Namespace, config: TrainingConfig) -> None:
    # The thresholds that are measured with are those that the file will have.
    rewrite_description(options.out, describe(config, {}))
    segmenter = Segmenter.load(options.out)
    scores = measure_card(segmenter, filter(None, (options.data, options.rendered)))
    rewrite_description(options.out, describe(config, scores))
    for name, value in scores.items():
        print(f"{name}: {value:.3f}")


if __name__ == "__main__":
    sys.exit(main())
