"""`handseg view --foxglove`, and what Foxglove's own client of the protocol, of npm, gets of it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.checkout import ROOT
from support.processes import PATIENCE
from support.service import Service, a_view

NODE = shutil.which("node")
_SCRIPT = Path(__file__).with_name("foxglove_client") / "client.cjs"
_CLIENT = ROOT / "build" / "foxglove_client"
wants_client = pytest.mark.skipif(
    NODE is None or not (_CLIENT / ".installed").is_file(),
    reason="wants Node.js and Foxglove's client: `make test` brings it where npm can",
)


@contextmanager
def a_foxglove_view(source: str, *options: str) -> Iterator[tuple[Service, str]]:
    """Start `handseg view --foxglove` on free ports; yields it and where Foxglove connects."""
    with a_view(source, "--foxglove", "--foxglove-port", "0", *options) as running:
        found = re.search(r"ws://[\w.:]+", running.process.output())
        assert found, running.process.output()
        yield running, found[0]


class FoxgloveClient:
    """A client that is subscribed to some topics; it ends itself after `PATIENCE` seconds."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.advertised: dict[str, str] = self._next()["advertised"]

    def tell(self, line: str) -> None:
        """Have the client `pause`, which then reads no more from its socket, or `resume`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        while self._next().get("done") != line:
            pass

    def stamp(self, topic: str) -> int:
        """Return the stamp of the next message of a topic, in nanoseconds."""
        while (one := self._next()).get("topic") != topic:
            pass
        return int(one["stamp"])

    def message(self, topic: str) -> dict[str, Any]:
        """Return the next message of a topic, without its envelope."""
        while (one := self._next()).get("topic") != topic:
            pass
        message: dict[str, Any] = one["message"]
        return message

    def status(self) -> str:
        """Return the next sentence that the server tells of itself."""
        while "status" not in (one := self._next()):
            pass
        return str(one["status"])

    def frame(self, *topics: str) -> dict[str, dict[str, Any]]:
        """Return messages of one stamp, one of each topic."""
        by_stamp: dict[str, dict[str, dict[str, Any]]] = {}
        while True:
            one = self._next()
            if "topic" not in one:
                continue
            frame = by_stamp.setdefault(one["stamp"], {})
            frame[one["topic"]] = one["message"]
            if frame.keys() >= set(topics):
                return frame

    def _next(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the client ended"
        value: dict[str, Any] = json.loads(line)
        return value


@contextmanager
def a_client(address: str, *topics: str) -> Iterator[FoxgloveClient]:
    """Connect Foxglove's own client, and end it."""
    assert NODE is not None
    process = subprocess.Popen(
        [NODE, str(_SCRIPT), address, *topics],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NODE_PATH": str(_CLIENT / "node_modules")},
    )
    patience = threading.Timer(PATIENCE, process.kill)
    patience.start()
    try:
        yield FoxgloveClient(process)
    finally:
        patience.cancel()
        process.kill()
        process.communicate()


def mono_pixels(message: dict[str, Any]) -> np.ndarray:
    """Return the pixels of a mono8 RawImage: uint8 (height, width)."""
    assert message["encoding"] == "mono8"
    rows = np.frombuffer(base64.b64decode(message["data"]), np.uint8)
    return rows.reshape(message["height"], message["step"])[:, : message["width"]]


def picture_of(message: dict[str, Any]) -> np.ndarray:
    """Return the pixels of a CompressedImage: uint8 (height, width, 3), BGR."""
    data = np.frombuffer(base64.b64decode(message["data"]), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def points_of(message: dict[str, Any]) -> np.ndarray:
    """Return the points of a PointCloud: a structured array with the message's fields."""
    kinds = {"UINT8": "u1", "FLOAT32": "<f4"}
    dtype = np.dtype(
        {
            "names": [field["name"] for field in message["fields"]],
            "formats": [kinds[field["type"]] for field in message["fields"]],
            "offsets": [field["offset"] for field in message["fields"]],
            "itemsize": message["pointStride"],
        }
    )
    return np.frombuffer(base64.b64decode(message["data"]), dtype)
