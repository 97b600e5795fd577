"""The one thread that runs the network, fed by a slot that holds the newest frame."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from handseg_ros.nodes.newest_slot import NewestSlot

Item = TypeVar("Item")


class Worker(Generic[Item]):
    """Calls `process` for each item in a thread of its own, until stopped.

    An exception that `process` lets through goes to `report` and the next item is taken: one
    frame's trouble must not end a robot's sight.
    """

    def __init__(
        self, process: Callable[[Item], None], report: Callable[[Exception], None]
    ) -> None:
        self._slot: NewestSlot[Item] = NewestSlot()
        self._process = process
        self._report = report
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> bool:
        """Hand over an item; returns whether it replaced one that was not started."""
        return self._slot.put(item)

    def stop(self) -> None:
        """End the thread after the item that it is working on."""
        self._slot.close()
        self._thread.join()

    def _run(self) -> None:
        while (item := self._slot.take()) is not None:
            try:
                self._process(item)
            except Exception as error:  # reported, counted, and the next frame is taken
                self._report(error)
