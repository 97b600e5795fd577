"""`handseg label-bag`: frames of a bag with a model's masks, for people to correct."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from handseg_ros.bags.bag_format import check_rosbags
from handseg_ros.cli.bags.batch import (
    BagJob,
    add_bags,
    bag_jobs,
    bags_and_result,
    work_on_bags,
)
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.number_types import bounded, positive
from handseg_ros.cli.ray_option import add_ray_option, needs_of
from handseg_ros.cli.reporting import report_skipped
from handseg_ros.cli.usage_error import check_needed

if TYPE_CHECKING:
    from handseg_ros.cli.bags.labeller import LabelledBag

_DEFAULT_STEP, _DEFAULT_APART = 10, 0.5
_DAY = 86_400


@dataclass(frozen=True)
class LabelBagOptions:
    """The bags to read, the folder to write, and which frames of each are picked.

    Of several bags `out` is the folder of their folders. Every `every`-th, or where it is not None
    the `uncertain` ones that the model doubts most, at least `apart` seconds from each other. `ray`
    is None without a cluster.
    """

    bags: tuple[Path, ...]
    out: Path
    resume: bool
    every: int
    uncertain: int | None
    apart: float
    topic: str | None
    inference: InferenceOptions
    ray: str | None

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> LabelBagOptions:
        """Return what was parsed; raises UsageError for what has no effect."""
        check_needed("--uncertain", parsed.uncertain is not None, {"--apart": parsed.apart})
        bags, out = bags_and_result(parsed)
        return cls(
            bags=bags,
            out=out,
            resume=parsed.resume,
            every=parsed.every,
            uncertain=parsed.uncertain,
            apart=_DEFAULT_APART if parsed.apart is None else parsed.apart,
            topic=parsed.topic,
            inference=InferenceOptions.of(parsed),
            ray=parsed.ray,
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `label-bag`."""
    parser = commands.add_parser(
        "label-bag",
        help="pick frames of a bag and label them for correction",
        description="Write frames of a bag with a model's masks, as COCO and as labelme's files",
    )
    add_bags(parser, "OUT_DIR", "the folder to write, of several bags with a folder for each")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was interrupted in OUT_DIR"
    )
    picked = parser.add_mutually_exclusive_group()
    picked.add_argument(
        "--every",
        type=positive,
        default=_DEFAULT_STEP,
        metavar="N",
        help="take every N-th frame (default: %(default)s)",
    )
    picked.add_argument(
        "--uncertain", type=positive, metavar="N", help="take the N that the model doubts most"
    )
    parser.add_argument(
        "--apart",
        type=bounded(0, _DAY),
        metavar="SECONDS",
        help=f"least time between two frames of --uncertain (default: {_DEFAULT_APART})",
    )
    parser.add_argument("--topic", help="the images' topic, where the bag has several")
    add_ray_option(parser, "the bags")
    add_model_options(parser)
    parser.set_command(LabelBagOptions.of, _label)


def _label(options: LabelBagOptions) -> None:
    check_rosbags()
    from handseg_ros.cli.bags.labeller import BagLabeller, FramePicking, check_new

    jobs = bag_jobs(options.bags, options.out, "")
    for job in jobs:
        check_new(job.out, options.resume)
    inference = options.inference.absolute()
    picking = FramePicking(
        options.every, options.uncertain, options.apart, options.topic, inference
    )
    work_on_bags(jobs, partial(BagLabeller, picking), _tell, options.ray, needs_of(inference.model))


def _tell(job: BagJob, done: LabelledBag) -> None:
    report_skipped(done.skipped, done.remarks)
    kept = f"{done.kept} kept, " if done.kept else ""
    print(f"{kept}{done.labelled} frames with labels, written to {job.out}")
