"""`handseg evaluate`: the figures of models on a labelled set, and a report to show."""

from __future__ import annotations

import argparse
from pathlib import Path

from handseg_ros.cli.models import add_loading_options, load_model, with_background
from handseg_ros.evaluation.evaluating import evaluate
from handseg_ros.evaluation.figures.catalogue import titles
from handseg_ros.evaluation.figures.results import Estimate
from handseg_ros.evaluation.labelled.opening import open_labelled
from handseg_ros.evaluation.report.writing import HTML
from handseg_ros.segmentation.model_store import DEFAULT_MODEL
from handseg_ros.segmentation.segmenter import Segmenter


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command `evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="score models on labelled frames and write a report",
        description="Score models on labelled frames; docs/evaluation.md tells formats and figures",
    )
    parser.add_argument(
        "set",
        metavar="SET",
        type=Path,
        help="a folder with images/ and masks/, a COCO file, or a folder of labelme's JSON files",
    )
    parser.add_argument(
        "--model",
        action="append",
        metavar="A",
        help="a model's name or path; given again, models are compared with the first "
        f"(default: {DEFAULT_MODEL})",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write the report to"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was interrupted in DIR"
    )
    add_loading_options(parser)
    parser.set_defaults(action=_evaluate)


def _evaluate(options: argparse.Namespace) -> None:
    labelled = open_labelled(options.set)
    segmenters = _load(options)
    try:
        done = evaluate(labelled, segmenters, options.out, options.resume)
    except KeyboardInterrupt:
        print(f"stopped; what is finished lies in {options.out}: go on with --resume")
        raise
    counts = done.results.counts
    for place, label in enumerate(done.subject.labels):
        print(label)
        for name, values in done.results.groups["all"].figures.items():
            print(f"  {titles()[name]}: {_shown(values[place])}")
    print(
        f"{counts.answered} frames answered, {counts.labelled} scored, "
        f"{len(done.subject.skipped)} skipped; report: {options.out / HTML}"
    )


def _load(options: argparse.Namespace) -> list[Segmenter]:
    """Load all models; the background is for those that take one, and one of them must."""
    loaded = [load_model(model, options) for model in options.model or [DEFAULT_MODEL]]
    taken = any(segmenter.takes_background for segmenter in loaded)
    return [
        with_background(segmenter, options.background)
        if segmenter.takes_background or not taken
        else segmenter
        for segmenter in loaded
    ]


def _shown(estimate: Estimate | None) -> str:
    if estimate is None:
        return "not defined"
    interval = estimate.interval
    bounds = "" if interval is None else f" ({interval.low:.3f} to {interval.high:.3f})"
    return f"{estimate.value:.3f}{bounds}"
