"""Many requests and one network: they take turns, and those that would wait too long are refused.

docs/decisions/0023-one-session-for-all-requests.md tells why there is one session.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Awaitable, Callable
from threading import Lock
from typing import TypeVar

import anyio
import numpy as np

from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.errors import RequestError

# One is in the network while another's picture is unpacked or its masks are packed.
_THREADS = 2
_RETRY_AFTER_SECONDS = 1
_CLIENT_GONE = 499  # nginx's, as HTTP has none: only the metrics see it

Result = TypeVar("Result")


class InferenceQueue:
    """Runs the work of requests in threads, first come, first served; `length` at a time at most.

    Belongs to one event loop.
    """

    def __init__(self, segmenter: Segmenter, length: int) -> None:
        """Answer by one segmenter, which serves one thread at a time."""
        self.segmenter = segmenter
        self.length = length
        self.admitted = 0
        self._turns = anyio.Semaphore(_THREADS)
        self._network = Lock()

    @property
    def is_full(self) -> bool:
        """Whether the next request is refused."""
        return self.admitted >= self.length

    async def run(
        self, work: Callable[[], Result], is_gone: Callable[[], Awaitable[bool]]
    ) -> Result:
        """Return what `work` returns, in a thread, when its turn has come.

        `is_gone` says whether the client has hung up meanwhile: then the work is not begun. Raises
        RequestError, 429 where too many wait already.
        """
        if self.is_full:
            raise RequestError(
                429,
                f"{self.length} images wait already: send this one again in "
                f"{_RETRY_AFTER_SECONDS} s, or start the service with a larger --queue",
                {"Retry-After": str(_RETRY_AFTER_SECONDS)},
            )
        self.admitted += 1
        try:
            async with self._turns:
                if await is_gone():
                    raise RequestError(_CLIENT_GONE, "the client has hung up: nobody waits")
                return await anyio.to_thread.run_sync(work)
        finally:
            self.admitted -= 1

    def segment(self, image: np.ndarray, thresholds: Thresholds) -> Segmentation:
        """Return the hands of an image, uint8 (height, width, 3), BGR.

        Called from the threads of `run` and any other; raises what `Segmenter.segment` raises.
        """
        with self._network:
            return self.segmenter.segment(image, thresholds)
