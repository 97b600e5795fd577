"""Guards the newest-frame slot and its worker: bounded waiting, and every loss is counted."""

from __future__ import annotations

import threading
import time

from handseg_ros.nodes.newest_slot import NewestSlot
from handseg_ros.nodes.worker import Worker

PATIENCE = 10.0


def test_a_newer_item_replaces_an_older_one_and_says_so() -> None:
    slot: NewestSlot[int] = NewestSlot()
    assert [slot.put(number) for number in (1, 2, 3)] == [False, True, True]
    assert slot.take() == 3
    assert slot.put(4) is False


def test_closing_wakes_who_waits() -> None:
    slot: NewestSlot[int] = NewestSlot()
    taken: list[int | None] = []
    waiting = threading.Thread(target=lambda: taken.append(slot.take()))
    waiting.start()
    slot.close()
    waiting.join(PATIENCE)
    assert taken == [None]


def test_every_item_is_processed_or_replaced() -> None:
    processed: list[int] = []

    def slowly(item: int) -> None:
        time.sleep(0.002)
        processed.append(item)

    worker = Worker(slowly, report=lambda error: None)
    replaced = sum(worker.put(number) for number in range(500))
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

    worker = Worker(process, errors.append)
    worker.put("bad")
    deadline = time.monotonic() + PATIENCE
    while not errors and time.monotonic() < deadline:
        time.sleep(0.001)
    worker.put("good")
    assert done.wait(PATIENCE)
    worker.stop()
    assert [str(error) for error in errors] == ["broken frame"]


def test_stopping_finishes_the_item_at_hand() -> None:
    started, finished = threading.Event(), threading.Event()

    def process(item: int) -> None:
        started.set()
        time.sleep(0.05)
        finished.set()

    worker = Worker(process, report=lambda error: None)
    worker.put(1)
    assert started.wait(PATIENCE)
    worker.stop()
    assert finished.is_set()
