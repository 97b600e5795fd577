"""A ROS domain of a process's own, so that no other process's images come in.

For the demo, tests and benchmarks, of which several may run on one machine at a time.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

from handseg_ros.segmentation.errors import HandsegError

# Above 101 the ports that DDS derives from the domain run into the system's ephemeral ports.
DOMAINS = range(1, 102)


class DomainError(HandsegError):
    """No ROS domain is free."""


def claim_domain() -> int:
    """Return a ROS_DOMAIN_ID that no other process of this user claims until this one has ended.

    Each process starts its search elsewhere. Raises DomainError when none is free.
    """
    start = os.getpid() % len(DOMAINS)
    for number in (*DOMAINS[start:], *DOMAINS[:start]):
        # Never closed: the system frees the lock when the process ends, however it does.
        lock = os.open(domain_lock(number), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return number
    raise DomainError(
        f"all ROS domains from {DOMAINS[0]} to {DOMAINS[-1]} are claimed by demos, tests or "
        "benchmarks that still run: end one of them"
    )


def domain_lock(number: int) -> Path:
    """Return the file whose lock tells that a process of this user has the domain."""
    return Path(tempfile.gettempdir(), f"handseg_ros_{os.getuid()}_domain_{number}.lock")
