"""`handseg record-masks`: bags with a model's answers added to them."""

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
from handseg_ros.cli.ray_option import add_ray_option, needs_of
from handseg_ros.cli.reporting import report_skipped
from handseg_ros.outputs.table import RECORDED

if TYPE_CHECKING:
    from handseg_ros.cli.bags.recorder import RecordedBag

SUFFIX = ".mcap"
DEFAULT_OUTPUTS = ("hands", "mask", "overlay")


@dataclass(frozen=True)
class RecordMasksOptions:
    """The bags to read, what to write, and what is added: `outputs` are names of `RECORDED`.

    `out` is a file, of several bags the folder of their files. `topic` is None where a bag's only
    camera is meant; `resume` goes on with what is in `out`; `ray` is None without a cluster.
    """

    bags: tuple[Path, ...]
    out: Path
    topic: str | None
    outputs: tuple[str, ...]
    namespace: str
    resume: bool
    inference: InferenceOptions
    ray: str | None

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> RecordMasksOptions:
        """Return what was parsed."""
        bags, out = bags_and_result(parsed)
        return cls(
            bags=bags,
            out=out,
            topic=parsed.topic,
            outputs=tuple(dict.fromkeys(parsed.add)),
            namespace=f"/{parsed.namespace}".rstrip("/").replace("//", "/"),
            resume=parsed.resume,
            inference=InferenceOptions.of(parsed),
            ray=parsed.ray,
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `record-masks`."""
    parser = commands.add_parser(
        "record-masks",
        help="write a bag with the hands of its images added",
        description="Write a new bag: all of the old one, and what a model answers to its images",
    )
    add_bags(parser, "OUT", "the file to write (.mcap), of several bags the folder of their files")
    parser.add_argument("--topic", help="the images' topic, where the bag has several")
    parser.add_argument(
        "--add",
        nargs="+",
        metavar="OUTPUT",
        choices=tuple(RECORDED),
        default=DEFAULT_OUTPUTS,
        help=f"which of {', '.join(RECORDED)} to add (default: {' '.join(DEFAULT_OUTPUTS)})",
    )
    parser.add_argument(
        "--namespace",
        default="/hand_segmentation",
        help="what the added topics' names begin with (default: %(default)s)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was interrupted in OUT"
    )
    add_ray_option(parser, "the bags")
    add_model_options(parser)
    parser.set_command(RecordMasksOptions.of, _record)


def _record(options: RecordMasksOptions) -> None:
    check_rosbags()
    from handseg_ros.cli.bags.recorder import BagRecorder, RecordingRequest, check_new

    jobs = bag_jobs(options.bags, options.out, SUFFIX)
    for job in jobs:
        check_new(job.out, options.resume)
    inference = options.inference.absolute()
    request = RecordingRequest(options.topic, options.outputs, options.namespace, inference)
    work_on_bags(jobs, partial(BagRecorder, request), _tell, options.ray, needs_of(inference.model))


def _tell(job: BagJob, done: RecordedBag) -> None:
    report_skipped(done.skipped, done.remarks)
    kept = f"{done.kept} kept, " if done.kept else ""
    print(f"{kept}{done.answered} images, {done.hands} hands, written to {job.out}")
