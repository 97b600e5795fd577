"""The one thread that runs the network: for the newest frame, and for requests between frames."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from handseg_ros.nodes.pipeline.mailbox import Mailbox

Item = TypeVar("Item")
Job = Callable[[], None]

# How many requests may wait: more would wait long for an answer, and each holds an image.
MAX_PENDING_REQUESTS = 8


class Worker(Generic[Item]):
    """Calls `process` for each item in a thread of its own, until stopped, and jobs in between.

    An exception that `process` or a job lets through goes to `report` and the next is taken: one
    frame's trouble must not end a robot's sight.
    """

    def __init__(
        self, process: Callable[[Item], None], report: Callable[[Exception], None]
    ) -> None:
        self._mailbox: Mailbox[Job] = Mailbox(MAX_PENDING_REQUESTS)
        self._process = process
        self._report = report
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> bool:
        """Hand over an item; returns whether it replaced one that was not started."""
        return self._mailbox.put(partial(self._process, item))

    def queue(self, job: Job) -> bool:
        """Have a job done between two items; returns False where as many wait as may.

        A job that was not started before `stop` is never done.
        """
        return self._mailbox.queue(job)

    def stop(self) -> None:
        """End the thread after the item or job that it is working on."""
        self._mailbox.close()
        self._thread.join()

    def _run(self) -> None:
        while (job := self._mailbox.take()) is not None:
            try:
                job()
            except Exception as error:  # reported, counted, and the next frame is taken
                self._report(error)
