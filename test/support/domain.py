"""A ROS domain that no other test run on this machine uses."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import fcntl
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Above 101 the ports that DDS derives from the domain run into the system's ephemeral ports.
DOMAINS = range(1, 102)


@dataclass(frozen=True)
class Domain:
    """A claimed ROS_DOMAIN_ID; it is free again once `lock` is closed or the process has ended."""

    number: int
    lock: IO[str]


def claim_domain() -> Domain:
    """Claim a free domain, each process starting its search elsewhere; RuntimeError if none is."""
    start = os.getpid() % len(DOMAINS)
    for number in (*DOMAINS[start:], *DOMAINS[:start]):
        path = Path(tempfile.gettempdir(), f"handseg_ros_{os.getuid()}_domain_{number}.lock")
        lock = path.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return Domain(number, lock)
    raise RuntimeError(f"All of the ROS domains 1 to {DOMAINS[-1]} are in use by other test runs.")
