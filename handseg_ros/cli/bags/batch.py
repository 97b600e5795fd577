"""Several bags, each with a result of its own in one folder: one after the other, or spread."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from tqdm import tqdm

from handseg_ros.cli.command_parser import EXTRA_INPUTS, CommandParser
from handseg_ros.cli.interrupts import StopRequest, stop_on_interrupt
from handseg_ros.cli.ray_option import workers_at
from handseg_ros.cli.reporting import warn
from handseg_ros.cluster.jobs import Needs, Prepare
from handseg_ros.media.atomic_folders import replace_with, scratch_folder
from handseg_ros.media.overwriting import check_outside
from handseg_ros.segmentation.errors import HandsegError, MediaError

Outcome = TypeVar("Outcome")

# Given a wish to stop, and whether there is a bar for each bag: what does one after the other.
MakeWork = Callable[[StopRequest, bool], "Callable[[BagJob], Outcome]"]


@dataclass(frozen=True)
class BagJob:
    """A bag to read and the file or folder to write; `before` is what was finished of it earlier.

    `before` is None where nothing was.
    """

    bag: Path
    out: Path
    before: Path | None = None


@dataclass(frozen=True)
class Failure:
    """Why a bag could not be done, as a sentence."""

    sentence: str


def bag_jobs(bags: Sequence[Path], out: Path, suffix: str) -> list[BagJob]:
    """Return a job for each bag: `out` is its result, of several bags the folder of the results.

    There a result has its bag's name and `suffix`. Raises MediaError for two bags of one name, and
    a result that lies in a bag.
    """
    results = [out] if len(bags) == 1 else [out / f"{_name(bag)}{suffix}" for bag in bags]
    first: dict[Path, Path] = {}
    for bag, result in zip(bags, results, strict=True):
        check_outside(result, bag, "the bag")
        if (other := first.setdefault(result, bag)) is not bag:
            raise MediaError(
                f"the bags '{other}' and '{bag}' have the same name, and their results in '{out}' "
                "would too: rename one of them, or give them one at a time"
            )
    return [
        BagJob(bag, result, result if result.exists() else None)
        for bag, result in zip(bags, results, strict=True)
    ]


def _name(bag: Path) -> str:
    path = bag.resolve()
    return path.name if path.is_dir() else path.name.partition(".")[0]


def add_bags(parser: CommandParser, metavar: str, result: str) -> None:
    """Add the words of `bags_and_result`: bags, and then what is written, told by `result`."""
    parser.takes_more = True
    parser.add_argument(
        "bags", metavar="BAG", nargs="+", type=Path, help="a rosbag2: its folder or its file"
    )
    parser.add_argument("out", metavar=metavar, type=Path, help=result)


def bags_and_result(parsed: argparse.Namespace) -> tuple[tuple[Path, ...], Path]:
    """Return the bags and what is written, the last word, wherever options stand between them."""
    words: list[Path] = [*parsed.bags, parsed.out, *map(Path, getattr(parsed, EXTRA_INPUTS))]
    return tuple(words[:-1]), words[-1]


def work_on_bags(
    jobs: Sequence[BagJob],
    make: MakeWork[Outcome],
    tell: Callable[[BagJob, Outcome], None],
    ray: str | None,
    needs: Needs,
) -> None:
    """Do the jobs, one after the other or by the workers of a Ray cluster, and tell of each.

    Of several bags those that cannot be done are told of and left out; MediaError is raised at the
    end. Ctrl-C is a KeyboardInterrupt: one after the other it comes when the bag at hand has what
    is done so far, and with a cluster the bags at hand are dropped.
    """
    outcomes = _in_turn(make, jobs) if ray is None else _spread(make, jobs, ray, needs)
    failures = []
    for job, outcome in outcomes:
        if not isinstance(outcome, Failure):
            tell(job, outcome)
        elif len(jobs) == 1:
            raise MediaError(outcome.sentence)
        else:
            warn(f"{job.bag}: {outcome.sentence}")
            failures.append(job)
    if failures:
        raise MediaError(
            f"{len(failures)} of {len(jobs)} bags could not be used, the first is "
            f"'{failures[0].bag}': leave them out, or see above what to do"
        )


def _in_turn(
    make: MakeWork[Outcome], jobs: Sequence[BagJob]
) -> Iterator[tuple[BagJob, Outcome | Failure]]:
    with stop_on_interrupt() as stop:
        work = make(stop, True)
        for job in jobs:
            try:
                yield job, _tried(work, job)
                if stop.asked:
                    raise KeyboardInterrupt
            except KeyboardInterrupt:
                print("stopped: go on with --resume")
                raise


def _spread(
    make: MakeWork[Outcome], jobs: Sequence[BagJob], ray: str, needs: Needs
) -> Iterator[tuple[BagJob, Outcome | Failure]]:
    """Yield each job with what came of it as soon as it is done.

    A result gets its name when it is complete; whatever worker dies, nothing else is left.
    """
    prepare = partial(make, StopRequest(), False)
    with (
        scratch_folder(jobs[0].out.absolute().parent) as scratch,
        workers_at(ray, needs) as workers,
        tqdm(total=len(jobs), unit="bag") as bar,
    ):
        for job, (outcome, place) in workers.as_completed(
            partial(_Apart, prepare, scratch), map(_absolute, jobs)
        ):
            if not isinstance(outcome, Failure):
                replace_with(job.out, place)
            bar.update()
            with tqdm.external_write_mode():
                yield job, outcome


class _Apart(Generic[Outcome]):
    """Does each job in a new folder of its own, so that no try finds what another one left."""

    def __init__(self, prepare: Prepare[BagJob, Outcome], scratch: Path) -> None:
        self._work, self._scratch = prepare(), scratch

    def __call__(self, job: BagJob) -> tuple[Outcome | Failure, Path]:
        place = Path(tempfile.mkdtemp(dir=self._scratch), job.out.name)
        return _tried(self._work, replace(job, out=place)), place


def _tried(work: Callable[[BagJob], Outcome], job: BagJob) -> Outcome | Failure:
    try:
        return work(job)
    except HandsegError as error:
        return Failure(str(error))


def _absolute(job: BagJob) -> BagJob:
    before = job.before and job.before.absolute()
    return BagJob(job.bag.absolute(), job.out.absolute(), before)
