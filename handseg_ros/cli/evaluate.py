"""`handseg evaluate`: the figures of models on a labelled set, and a report to show."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from handseg_ros.cli.bag_arguments import add_bag_options, bag_options
from handseg_ros.cli.command_parser import EXTRA_INPUTS, CommandParser
from handseg_ros.cli.label_arguments import add_label_options, label_options
from handseg_ros.cli.model_options import ModelsOptions, add_models_options
from handseg_ros.cli.ray_option import add_ray_option, needs_of, workers_at
from handseg_ros.cli.reporting import warn
from handseg_ros.datasets.bag.options import BagOptions
from handseg_ros.datasets.frames import Dataset
from handseg_ros.datasets.joined import JoinedSets, WithinSet
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.datasets.mask_folder.reading import IMAGES, MASKS, OBJECTS, is_folder_set
from handseg_ros.datasets.reading_facts import reading_facts
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.datasets.video import VIDEOS, is_video_folder
from handseg_ros.evaluation.evaluate import Run, evaluate
from handseg_ros.evaluation.metrics.registry import titles
from handseg_ros.evaluation.metrics.results import Estimate
from handseg_ros.evaluation.report.writing import HTML, MARKDOWN, SCORES, TIMINGS
from handseg_ros.evaluation.runner.parts import PartScorer, run_parts
from handseg_ros.evaluation.runner.runner import run_models
from handseg_ros.evaluation.runner.store import FRAMES, RUN
from handseg_ros.evaluation.runner.store import TIMINGS as TIMINGS_OF_FRAMES
from handseg_ros.media.overwriting import check_outside
from handseg_ros.segmentation.errors import MediaError


@dataclass(frozen=True)
class EvaluateOptions:
    """The sets to score as one, the folder of the report, the models, and how labels are read.

    `failures` is a picture of the worst frames to draw too, None for none; `ray` is None without a
    cluster.
    """

    sets: tuple[Path, ...]
    out: Path
    resume: bool
    failures: Path | None
    models: ModelsOptions
    labels: LabelOptions
    bag: BagOptions
    ray: str | None


class _MovedToLatency(argparse.Action):
    """The old spelling of `handseg latency`: ends the program with code 2 and says so."""

    def __init__(self, option_strings: Sequence[str], dest: str, **others: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **others)

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> None:
        parser.error("--live is a command of its own: handseg latency BAG --out DIR")


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="score models on labelled frames and write a report",
        description="Score models on labelled frames; docs/evaluation.md tells formats and figures",
    )
    parser.takes_more = True
    parser.add_argument(
        "sets",
        metavar="SET",
        nargs="+",
        type=Path,
        help="a rosbag, a folder with images/ or videos/ and with masks/, a video, a COCO file, "
        "a folder of rendered scenes, or one of labelme's JSON files; several are scored as one",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write the report to"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was interrupted in DIR"
    )
    parser.add_argument(
        "--failures",
        type=Path,
        metavar="FILE.png",
        help="draw the frames at which the first model fails most, too",
    )
    add_ray_option(parser, "the recordings and pictures")
    add_models_options(parser)
    add_label_options(parser)
    add_bag_options(parser)
    parser.add_argument("--live", action=_MovedToLatency, help=argparse.SUPPRESS)
    parser.set_command(_parsed, _evaluate)


def _parsed(parsed: argparse.Namespace) -> EvaluateOptions:
    """Return what was parsed; raises UsageError for options that do not go together."""
    sets = (*parsed.sets, *map(Path, getattr(parsed, EXTRA_INPUTS)))
    return EvaluateOptions(
        sets=sets,
        out=parsed.out,
        resume=parsed.resume,
        failures=parsed.failures,
        models=ModelsOptions.of(parsed),
        labels=label_options(parsed),
        bag=bag_options(parsed, sets),
        ray=parsed.ray,
    )


def _check_folder(folder: Path, labelled: Path) -> None:
    """Raise MediaError where a report would be read with the set, or overwrite other files."""
    if is_folder_set(labelled) or is_video_folder(labelled):
        # beside its pictures and masks a folder may hold anything
        for part in (IMAGES, VIDEOS, MASKS, OBJECTS):
            check_outside(folder, labelled / part, "the set's folder")
    else:
        check_outside(folder, labelled, "the set")
    if (folder / RUN).exists():  # an evaluation, which has its own check
        return
    names = (FRAMES, TIMINGS_OF_FRAMES, SCORES, TIMINGS, MARKDOWN, HTML)
    if there := next((name for name in names if (folder / name).exists()), None):
        raise MediaError(
            f"'{folder}' has a file '{there}' that is of no evaluation, and it would be "
            "overwritten: choose another folder"
        )


def _evaluate(options: EvaluateOptions) -> None:
    sets = [open_dataset(path, options.bag, options.labels) for path in options.sets]
    labelled = sets[0] if len(sets) == 1 else JoinedSets(sets)
    for path in options.sets:
        _check_folder(options.out, path)
    segmenters = options.models.load_for_labelled()
    reading = reading_facts(options.sets, options.labels, options.bag, options.out)
    try:
        with _runner(options) as run:
            done = evaluate(
                labelled, segmenters, options.out, options.resume, options.failures, run, reading
            )
    except KeyboardInterrupt:
        print(f"stopped; what is finished lies in {options.out}: go on with --resume")
        raise
    counts, skipped = done.results.counts, done.subject.skipped
    if skipped:
        warn(f"{len(skipped)} skipped, the first is {skipped[0].name}: {skipped[0].reason}")
    for note in done.subject.notes:
        warn(note)
    for warning in done.subject.warnings:
        warn(f"warning: {warning}")
    for index, label in enumerate(done.subject.labels):
        print(label)
        for name, values in done.results.groups["all"].figures.items():
            print(f"  {titles()[name]}: {_shown(values[index])}")
    print(
        f"{counts.answered} frames answered, {counts.labelled} scored, "
        f"{len(skipped)} skipped; report: {options.out / HTML}"
    )


@contextmanager
def _runner(options: EvaluateOptions) -> Iterator[Run]:
    """Yield what answers the frames: this process, or the workers of a Ray cluster."""
    if options.ray is None:
        yield run_models
        return
    models = options.models.absolute()
    scorer = partial(PartScorer, partial(_open_set, _absolute(options)), models.load_for_labelled)
    with workers_at(options.ray, needs_of(*models.models)) as workers:
        yield partial(run_parts, workers=workers, scorer=scorer)


def _open_set(options: EvaluateOptions, number: int) -> Dataset:
    opened = open_dataset(options.sets[number], options.bag, options.labels)
    return opened if len(options.sets) == 1 else WithinSet(opened)


def _absolute(options: EvaluateOptions) -> EvaluateOptions:
    """Return the same for a process that runs in another folder."""
    masks = options.bag.masks
    bag = replace(options.bag, masks=None if masks is None else masks.absolute())
    return replace(options, sets=tuple(path.absolute() for path in options.sets), bag=bag)


def _shown(estimate: Estimate | None) -> str:
    if estimate is None:
        return "not defined"
    interval = estimate.interval
    bounds = "" if interval is None else f" ({interval.low:.3f} to {interval.high:.3f})"
    return f"{estimate.value:.3f}{bounds}"
