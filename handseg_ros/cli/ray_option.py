"""`--ray`: work by file on the workers of a Ray cluster, in place of this process alone."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cluster.jobs import LOCAL, Needs, Workers
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.providers import AUTO, CPU

# Read by Ray when it is imported. It finds the address of a network's card where it is told the
# loopback's, unless clusters of several machines are off.
_SEVERAL_MACHINES = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
_TELL_MAKERS = "RAY_USAGE_STATS_ENABLED"


def add_ray_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add `--ray`; `what` is done by each worker, as the help tells."""
    parser.add_argument(
        "--ray",
        metavar="ADDRESS|local",
        help=f"spread {what} over the workers of a Ray cluster at HOST:PORT, or over the "
        "processors of this machine (local)",
    )


def needs_of(*models: ModelOptions) -> Needs:
    """Return what a worker occupies that runs models, one after the other."""
    return Needs(
        cpus=max((model.threads for model in models), default=1),
        gpus=int(any(model.provider not in (AUTO, CPU) for model in models)),
    )


@contextmanager
def workers_at(address: str, needs: Needs) -> Iterator[Workers]:
    """Yield the workers of a cluster; raises HandsegError where Ray or the cluster is missing."""
    os.environ.setdefault(_TELL_MAKERS, "0")
    if address == LOCAL:
        os.environ[_SEVERAL_MACHINES] = "0"
    module = import_with_extra("handseg_ros.cluster.ray_cluster", "cluster", "--ray")
    with module.ray_cluster(address, needs) as workers:
        yield workers
