"""What HTTP costs an image, and what many clients get: `make bench-serve`.

The service is a process of its own, on the loopback; each client posts the same picture of hands
(640x480, JPEG) again and again. Beside it the core segments that picture alone, in turn with the
service, so that a ratio means something on a machine that does other work too.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
from support.assets import rendered_hands
from support.service import Service, a_service

from handseg_ros.segmentation.segmenter import Segmenter

CLIENTS = (1, 8, 64)
SECONDS = 6.0
ROUNDS = 3
CORE_IMAGES = 40
# More than the most clients, so that nobody is refused.
QUEUE = 100


@dataclass(frozen=True)
class Load:
    """What so many clients got: answers a second, and seconds that each answer took."""

    rate: float
    seconds: list[float]

    @property
    def p95(self) -> float:
        """Seconds that 95 of 100 answers took at most."""
        return statistics.quantiles(self.seconds, n=20)[-1]


def ask(service: Service, picture: bytes, clients: int, **query: str) -> Load:
    """Have so many clients ask for some seconds, each one image after the other."""
    end = time.perf_counter() + SECONDS

    def client(_: int) -> list[float]:
        seconds = []
        while (began := time.perf_counter()) < end:
            service.post(picture, **query).raise_for_status()
            seconds.append(time.perf_counter() - began)
        return seconds

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        seconds = [each for one in pool.map(client, range(clients)) for each in one]
        return Load(len(seconds) / (time.perf_counter() - began), seconds)


def core_rate(segmenter: Segmenter, pixels: cv2.typing.MatLike) -> float:
    """Return the images a second that the core answers alone, on one thread."""
    began = time.perf_counter()
    for _ in range(CORE_IMAGES):
        segmenter.segment(pixels)
    return CORE_IMAGES / (time.perf_counter() - began)


def row(title: str, loads: list[Load], alone: list[float]) -> str:
    """Return a line of the table: medians of the rounds."""
    rate = statistics.median(load.rate for load in loads)
    p50 = statistics.median(statistics.median(load.seconds) for load in loads)
    p95 = statistics.median(load.p95 for load in loads)
    share = statistics.median(load.rate / core for load, core in zip(loads, alone, strict=True))
    return f"| {title} | {rate:.1f} | {share:.2f} | {p50 * 1e3:.0f} ms | {p95 * 1e3:.0f} ms |"


def main() -> None:
    pixels, segmenter = rendered_hands(), Segmenter.load()
    picture = cv2.imencode(".jpg", pixels)[1].tobytes()
    print("| clients | images a second | beside the core alone | median | 95 of 100 below |")
    print("|---|---|---|---|---|")
    with a_service("--queue", str(QUEUE)) as service:
        for clients in CLIENTS:
            for title, query in ((f"{clients}", {}), (f"{clients}, `mask=none`", {"mask": "none"})):
                loads, alone = [], []
                for _ in range(ROUNDS):
                    alone.append(core_rate(segmenter, pixels))
                    loads.append(ask(service, picture, clients, **query))
                print(row(title, loads, alone), flush=True)


if __name__ == "__main__":
    main()
