"""What is spread: jobs, and how a worker is made that does them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

# The address that stands for the processors of this machine.
LOCAL = "local"

Job = TypeVar("Job")
Result = TypeVar("Result")

# Called once in each process that works: what it returns has the models loaded and does one job.
# It goes to other processes, as jobs and results do, so all three must be picklable.
Prepare = Callable[[], Callable[[Job], Result]]


@dataclass(frozen=True)
class Needs:
    """What one job occupies while it is done: processors, and graphics cards."""

    cpus: int = 1
    gpus: int = 0


class Workers(Protocol):
    """Does jobs, several at a time; jobs are taken as they are needed, so memory does not grow."""

    def in_order(self, prepare: Prepare[Job, Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Yield the results in the order of the jobs."""
        ...

    def as_completed(
        self, prepare: Prepare[Job, Result], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Result]]:
        """Yield each job with its result as soon as it is done."""
        ...
