"""Work spread by Ray over the machines of a cluster, or over the processors of this one.

A worker that dies, and the job at hand with it, is Ray's own matter: it starts another one and has
the job done again. So jobs must give the same result however often they are begun.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import logging
import socket
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import uuid4

import ray
from ray.exceptions import RayError, RayTaskError

from handseg_ros.cluster.jobs import LOCAL, Job, Needs, Prepare, Result
from handseg_ros.segmentation.errors import ClusterError

_LOOPBACK = "127.0.0.1"
# A job whose worker died so often is given up: it is the job that kills them.
_MOST_RETRIES = 3
# Jobs under way for each that can be done at a time: the next ones wait at the workers.
_AHEAD = 2
# What jobs and results take of memory at most, before Ray writes them to the disk.
_OBJECT_STORE = 256 * 2**20
_SECONDS_TO_ANSWER = 5.0


class RayCluster:
    """Workers of a cluster that this process has joined; `slots` is how many work at a time."""

    def __init__(self, needs: Needs) -> None:
        """Look what the cluster has; raises ClusterError where not one job can be done."""
        self.slots = _slots(needs)
        self._remote = ray.remote(
            num_cpus=needs.cpus, num_gpus=needs.gpus, max_retries=_MOST_RETRIES
        )(_do)

    def in_order(self, prepare: Prepare[Job, Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Yield the results in the order of the jobs.

        Raises what a job raised, and ClusterError where workers die of one again and again.
        """
        shared, pending = ray.put(_OncePrepared.of(prepare)), deque[Any]()
        with _cancelling(pending):
            for job in jobs:
                if len(pending) >= self._most_pending:
                    yield _result(pending[0])
                    pending.popleft()
                pending.append(self._remote.remote(shared, job))
            while pending:
                yield _result(pending[0])
                pending.popleft()

    def as_completed(
        self, prepare: Prepare[Job, Result], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Result]]:
        """Yield each job with its result as soon as it is done; raises as `in_order` does."""
        shared, pending = ray.put(_OncePrepared.of(prepare)), dict[Any, Job]()
        with _cancelling(pending):
            for job in jobs:
                if len(pending) >= self._most_pending:
                    yield _next_done(pending)
                pending[self._remote.remote(shared, job)] = job
            while pending:
                yield _next_done(pending)

    @property
    def _most_pending(self) -> int:
        return _AHEAD * self.slots


@contextmanager
def ray_cluster(address: str, needs: Needs) -> Iterator[RayCluster]:
    """Join the cluster at `HOST:PORT`, or start one on this machine for `local`, and leave it.

    What is started here listens on the loopback alone, and ends with the block. Raises
    ClusterError where there is no cluster, or one that cannot do the work.
    """
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    with (
        tempfile.TemporaryDirectory(prefix="handseg_", ignore_cleanup_errors=True) as folder,
        ExitStack() as closing,
    ):
        closing.callback(ray.shutdown)
        try:
            if address == LOCAL:
                # said aloud: without it Ray joins the cluster that RAY_ADDRESS names
                ray.init(
                    address="local",
                    include_dashboard=False,
                    object_store_memory=_OBJECT_STORE,
                    _node_ip_address=_LOOPBACK,
                    _temp_dir=folder,
                    **quiet,
                )
            else:
                _check_answers(address)
                ray.init(address=address, **quiet)
        except (OSError, RuntimeError, ValueError, RayError) as error:
            raise _unreachable(address, error) from error
        yield RayCluster(needs)


def _check_answers(address: str) -> None:
    """Raise OSError or ValueError where nobody listens, which Ray finds out in minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("it is no HOST:PORT")
    with socket.create_connection((host, int(port)), _SECONDS_TO_ANSWER):
        pass


def _unreachable(address: str, error: Exception) -> ClusterError:
    reason = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0]
    return ClusterError(
        f"there is no Ray cluster to work with at '{address}', {reason}: give the HOST:PORT that "
        "'ray start --head' told, with RAY_AUTH_MODE=token in the environment where it wants a "
        f"token, or '{LOCAL}' for the processors of this machine"
    )


def _slots(needs: Needs) -> int:
    has = ray.cluster_resources()
    slots = int(has.get("CPU", 0)) // needs.cpus
    if needs.gpus:
        slots = min(slots, int(has.get("GPU", 0)) // needs.gpus)
    if not slots:
        graphics = f" and {needs.gpus} graphics card" if needs.gpus else ""
        raise ClusterError(
            f"a job takes {needs.cpus} processors{graphics}, and the Ray cluster has "
            f"{int(has.get('CPU', 0))} and {int(has.get('GPU', 0))}: ask for fewer --threads or "
            "another --provider, or give a larger cluster"
        )
    return slots


@dataclass(frozen=True)
class _OncePrepared:
    """What prepares for the jobs of a command; copies of one are equal, as each job gets a copy."""

    key: str
    prepare: Callable[[], Callable[[Any], Any]] = field(compare=False)

    @classmethod
    def of(cls, prepare: Callable[[], Callable[[Any], Any]]) -> _OncePrepared:
        return cls(uuid4().hex, prepare)


def _do(prepared: _OncePrepared, job: Any) -> Any:
    """Do a job, in a worker's process."""
    return _work_of(prepared)(job)


@lru_cache(maxsize=1)
def _work_of(prepared: _OncePrepared) -> Callable[[Any], Any]:
    """Return what does the jobs of a command, made once in each worker's process."""
    return prepared.prepare()


def _next_done(pending: dict[Any, Job]) -> tuple[Job, Any]:
    (done,), _ = ray.wait(list(pending), num_returns=1)
    result = _result(done)
    return pending.pop(done), result


def _result(reference: Any) -> Any:
    try:
        return ray.get(reference)
    except RayTaskError as error:
        if isinstance(error.cause, Exception):
            raise error.cause from None
        raise
    except RayError as error:
        raise ClusterError(
            f"workers ended {_MOST_RETRIES + 1} times at the same work "
            f"({type(error).__name__}), for want of memory perhaps: leave the file at hand out, "
            "or use fewer workers"
        ) from error


@contextmanager
def _cancelling(pending: Iterable[Any]) -> Iterator[None]:
    """Call off what is still under way where the block ends by an error, or is left early."""
    try:
        yield
    finally:
        for reference in pending:
            ray.cancel(reference)
