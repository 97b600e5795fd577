"""What viewers of the page cost the node beside it: `make bench-viewers`.

Camera, node, robot, the service and its viewers are processes of their own on one machine; rounds
with no viewer, one and ten take turns. A viewer asks for each picture when it has the last one, as
the page does; viewers have the lowest priority, for theirs are other machines.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handseg_ros.nodes.own_domain import claim_domain

# Before rclpy is imported; the processes inherit them.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(claim_domain())
os.environ["FASTDDS_DEFAULT_PROFILES_FILE"] = str(
    Path(__file__).resolve().parents[1] / "config" / "fastdds.xml"
)

import httpx
from streams import Outcome, Setup, run
from support.robot import NODE
from support.service import Service, a_service

VIEWERS = (0, 1, 10)
ROUNDS = 3
_NICENESS = 19
# Such that two cores are not at their end already without viewers.
SETUP = Setup(rate=15.0)


@contextmanager
def viewers(service: Service, count: int) -> Iterator[list[int]]:
    """Have so many look; the list gets the number of pictures that each has got."""
    ended, pictures = threading.Event(), [0] * count

    def view(place: int) -> None:
        os.nice(_NICENESS)  # of this thread alone
        with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
            number = "0"
            while not ended.is_set():
                answer = client.get("/live/overlay", params={"after": number})
                if answer.status_code == 200:
                    number = answer.headers["X-Number"]
                    pictures[place] += 1

    threads = [threading.Thread(target=view, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield pictures
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def row(count: int, outcomes: list[Outcome]) -> str:
    """Return a line of the table: medians of the rounds."""
    rate = statistics.median(each.rate for each in outcomes)
    median, p95 = (statistics.median(each.latency[place] for each in outcomes) for place in (0, 1))
    cpu = statistics.median(each.cpu for each in outcomes)
    return f"| {count} | {rate:.1f} | {median:.0f} ms | {p95:.0f} ms | {cpu:.0f} ms |"


def main() -> None:
    found: dict[int, list[Outcome]] = {count: [] for count in VIEWERS}
    seen: list[int] = []
    with a_service("--model", "hands_fast", "--node", NODE) as service:
        for _ in range(ROUNDS):
            for count in VIEWERS:
                with viewers(service, count) as pictures:
                    found[count].append(run(SETUP))
                seen += pictures if count == max(VIEWERS) else []
    print("| viewers | answers a second | median | 95 of 100 below | node's processor an answer |")
    print("|---|---|---|---|---|")
    for count, outcomes in found.items():
        print(row(count, outcomes))
    print(f"pictures that each of {max(VIEWERS)} got in a round: {min(seen)} to {max(seen)}")


if __name__ == "__main__":
    main()
