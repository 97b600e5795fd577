"""Guards mailbox and worker: bounded waiting, every loss counted, requests between frames."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
import time
from functools import partial

from support.processes import PATIENCE

from handseg_ros.nodes.pipeline.mailbox import Mailbox
from handseg_ros.nodes.pipeline.worker import MAX_PENDING_REQUESTS, Worker


def test_a_newer_item_replaces_an_older_one_and_says_so() -> None:
    mailbox: Mailbox[int] = Mailbox(max_requests=2)
    assert [mailbox.put("camera", number) for number in (1, 2, 3)] == [False, True, True]
    assert mailbox.take() == 3
    assert mailbox.put("camera", 4) is False


def test_streams_take_turns_and_none_starves() -> None:
    """However often one is renewed, who waits longest comes first."""
    mailbox: Mailbox[str] = Mailbox(max_requests=1)
    taken = []
    for number in range(3):
        assert mailbox.put("slow", f"slow {number}") is False
        for _ in range(3):
            mailbox.put("fast", f"fast {number}")
        taken += [mailbox.take(), mailbox.take()]
    assert taken == ["slow 0", "fast 0", "slow 1", "fast 1", "slow 2", "fast 2"]
    mailbox.put("fast", "old")
    mailbox.put("slow", "slow 3")
    assert mailbox.put("fast", "new") is True
    assert [mailbox.take(), mailbox.take()] == ["new", "slow 3"]


def test_closing_wakes_who_waits() -> None:
    mailbox: Mailbox[int] = Mailbox(max_requests=2)
    taken: list[int | None] = []
    waiting = threading.Thread(target=lambda: taken.append(mailbox.take()))
    waiting.start()
    mailbox.close()
    waiting.join(PATIENCE)
    assert taken == [None]


def test_requests_are_kept_in_order_and_refused_when_there_are_too_many() -> None:
    mailbox: Mailbox[int] = Mailbox(max_requests=2)
    assert [mailbox.queue(number) for number in (1, 2, 3)] == [True, True, False]
    assert [mailbox.take(), mailbox.take()] == [1, 2]
    assert mailbox.queue(4)


def test_items_and_requests_take_turns() -> None:
    mailbox: Mailbox[str] = Mailbox(max_requests=3)
    for name in ("first", "second", "third"):
        mailbox.queue(name)
    taken = []
    for number in range(6):
        mailbox.put("camera", f"frame {number}")
        taken.append(mailbox.take())
    assert taken == ["frame 0", "first", "frame 2", "second", "frame 4", "third"]
    assert mailbox.take() == "frame 5"


def test_every_item_is_processed_or_replaced() -> None:
    processed: list[int] = []

    def slowly(item: int) -> None:
        time.sleep(0.002)
        processed.append(item)

    worker = Worker(report=lambda error: None)
    replaced = sum(worker.put("camera", partial(slowly, number)) for number in range(500))
    deadline = time.monotonic() + PATIENCE
    while len(processed) + replaced < 500 and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.stop()
    assert len(processed) + replaced == 500
    assert replaced > 0, "the worker should be slower than the source"
    assert processed == sorted(processed)
    assert processed[-1] == 499, "the newest item must be answered"


def test_an_exception_is_reported_and_the_next_item_is_taken() -> None:
    done = threading.Event()
    errors: list[Exception] = []

    def process(item: str) -> None:
        if item == "bad":
            raise ValueError("broken frame")
        done.set()

    worker = Worker(errors.append)
    worker.put("camera", partial(process, "bad"))
    deadline = time.monotonic() + PATIENCE
    while not errors and time.monotonic() < deadline:
        time.sleep(0.001)
    worker.put("camera", partial(process, "good"))
    assert done.wait(PATIENCE)
    worker.stop()
    assert [str(error) for error in errors] == ["broken frame"]


def test_stopping_finishes_the_item_at_hand() -> None:
    started, finished = threading.Event(), threading.Event()

    def process() -> None:
        started.set()
        time.sleep(0.05)
        finished.set()

    worker = Worker(report=lambda error: None)
    worker.put("camera", process)
    assert started.wait(PATIENCE)
    worker.stop()
    assert finished.is_set()


def test_a_job_is_done_beside_the_items_and_its_exception_reported() -> None:
    done = threading.Event()
    errors: list[Exception] = []

    def fail() -> None:
        raise ValueError("broken request")

    worker = Worker(errors.append)
    assert worker.queue(fail)
    assert worker.queue(done.set)
    assert done.wait(PATIENCE)
    worker.stop()
    assert [str(error) for error in errors] == ["broken request"]


def test_jobs_beyond_the_bound_are_refused_and_those_not_started_never_done() -> None:
    started = threading.Event()
    done: list[int] = []

    def hold() -> None:
        started.set()
        time.sleep(0.2)

    worker = Worker(report=lambda error: None)
    worker.queue(hold)
    assert started.wait(PATIENCE)
    accepted = [worker.queue(lambda: done.append(1)) for _ in range(MAX_PENDING_REQUESTS + 1)]
    assert accepted == [True] * MAX_PENDING_REQUESTS + [False]
    worker.stop()
    assert done == []
