"""`handseg serve` and `view` in a process of its own, and what programs send to it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import cv2
import httpx
import numpy as np
from support.processes import PATIENCE, RunningProcess, running_process

_HANDSEG = (sys.executable, "-m", "handseg_ros.cli.main")
_FREE_PORT = ("--port", "0")


@dataclass(frozen=True)
class Service:
    """A running service and a client that asks it."""

    process: RunningProcess
    url: str
    client: httpx.Client

    def post(self, picture: bytes, path: str = "/predict", **query: str | float) -> httpx.Response:
        """Post a picture, as the bytes of its file."""
        return self.client.post(path, files={"image": ("hand.png", picture)}, params=query)


def a_service(*options: str) -> AbstractContextManager[Service]:
    """Start `handseg serve` on a free port of the loopback, and end it."""
    return _running("serve", *options)


def a_view(source: str, *options: str) -> AbstractContextManager[Service]:
    """Start `handseg view` on a free port of the loopback, and end it."""
    return _running("view", source, *options)


@contextmanager
def _running(*command: str) -> Iterator[Service]:
    with running_process([*_HANDSEG, *command, *_FREE_PORT]) as process:
        line = process.wait_for_output("Ctrl-C ends it")
        found = re.search(r"http://[\w.:\[\]]+", line)
        assert found, line
        with httpx.Client(base_url=found[0], timeout=PATIENCE, trust_env=False) as client:
            yield Service(process, found[0], client)


def picture_in(text: str) -> np.ndarray:
    """Return a picture that came as base64, as it was written."""
    data = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels
