"""The one thread that runs the network: for the newest frames, and for requests between them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
from collections.abc import Callable

from handseg_ros.nodes.pipeline.mailbox import Mailbox

Job = Callable[[], None]

# How many requests may wait: more would wait long for an answer, and each holds an image.
MAX_PENDING_REQUESTS = 8


class Worker:
    """Does jobs one after the other in a thread of its own, until stopped.

    An exception that a job lets through goes to `report` and the next is done: one frame's trouble
    must not end a robot's sight.
    """

    def __init__(self, report: Callable[[Exception], None]) -> None:
        self._mailbox: Mailbox[Job] = Mailbox(MAX_PENDING_REQUESTS)
        self._report = report
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)
        self._thread.start()

    def put(self, stream: str, job: Job) -> bool:
        """Have the newest job of a stream done; returns whether it replaced one not started."""
        return self._mailbox.put(stream, job)

    def queue(self, job: Job) -> bool:
        """Have a job done between two of streams; returns False where as many wait as may.

        A job that was not started before `stop` is never done.
        """
        return self._mailbox.queue(job)

    def stop(self) -> None:
        """End the thread after the job that it is working on."""
        self._mailbox.close()
        self._thread.join()

    def _run(self) -> None:
        while (job := self._mailbox.take()) is not None:
            try:
                job()
            except Exception as error:  # reported, counted, and the next frame is taken
                self._report(error)
