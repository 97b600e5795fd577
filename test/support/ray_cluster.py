"""A real Ray cluster on the loopback for tests, and the death of one of its workers.

Run as a program it starts the cluster, prints its address, and ends it when it is interrupted.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from support.processes import PATIENCE, POLL, running_process

# Ray reads the first when it is imported: without it, it listens on the network's card. The second
# keeps it from telling its makers of the cluster, the third from a token in the home folder.
LOOPBACK = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
}
WORKERS = 2
_OBJECT_STORE = 128 * 2**20
_ADDRESS = re.compile(r"^cluster at (\S+)$", re.MULTILINE)
# How Ray names the process of a worker that is busy with `handseg_ros.cluster.ray_cluster._do`.
_AT_WORK = b"ray::_do"


@dataclass(frozen=True)
class StartedCluster:
    """A cluster of two workers: its address, and the process that its own are children of."""

    address: str
    pid: int


@contextmanager
def started_cluster() -> Iterator[StartedCluster]:
    """Start a cluster of two workers on the loopback, and end it."""
    # Sockets lie in its folder, and names of sockets are short.
    with (
        tempfile.TemporaryDirectory(prefix="hs_", dir="/tmp", ignore_cleanup_errors=True) as folder,
        running_process([sys.executable, __file__, folder], _environment()) as process,
    ):
        found = _ADDRESS.search(process.wait_for_output("cluster at "))
        assert found is not None
        yield StartedCluster(found[1], process.pid)


def _environment() -> Mapping[str, str]:
    return {**LOOPBACK, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}


@contextmanager
def a_worker_killed(cluster: int) -> Iterator[None]:
    """Kill one worker of a cluster in the block, while it is at work; TimeoutError for none."""
    killed: list[int] = []
    killer = threading.Thread(target=lambda: killed.extend(_kill_a_worker(cluster)))
    killer.start()
    try:
        yield
    finally:
        killer.join()
    if not killed:
        raise TimeoutError("no worker was seen at work")


def _kill_a_worker(cluster: int) -> Iterator[int]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for pid in _descendants(cluster):
            # What is stopped cannot finish, between the look and the kill.
            if _is_at_work(pid):
                os.kill(pid, signal.SIGSTOP)
                if _is_at_work(pid):
                    os.kill(pid, signal.SIGKILL)
                    yield pid
                    return
                os.kill(pid, signal.SIGCONT)
        time.sleep(POLL)


def _is_at_work(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(_AT_WORK)
    return False


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _serve(folder: str) -> None:
    import ray

    ray.init(
        num_cpus=WORKERS,
        include_dashboard=False,
        object_store_memory=_OBJECT_STORE,
        _node_ip_address="127.0.0.1",
        _temp_dir=folder,
        log_to_driver=False,
    )
    print(f"cluster at {ray.get_runtime_context().gcs_address}", flush=True)
    with suppress(KeyboardInterrupt):
        signal.pause()
    ray.shutdown()


if __name__ == "__main__":
    _serve(sys.argv[1])
