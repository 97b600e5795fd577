"""A capture on the page of a running service, looked at and pressed as its script does."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from support.processes import PATIENCE
from support.service import Service

# Timers that a test can wait for.
QUICK = ("-b", "0.2", "-s", "0.2", "--background-frames", "3")


def files_in(folder: Path) -> list[str]:
    """Return the files of a capture."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*.png"))


def looking(service: Service, is_there: Callable[[], object]) -> None:
    """Look at the page's pictures until something is there."""
    end, number = time.monotonic() + PATIENCE, "0"
    while not is_there():
        assert time.monotonic() < end, service.client.get("/live/state").text
        answer = service.client.get("/live/overlay", params={"after": number})
        number = answer.headers.get("X-Number", number)


def press(service: Service, action: str) -> int:
    """Press a button as the page does; returns the status."""
    return service.client.post("/live/capture", json={"action": action}).status_code


def capture_of(service: Service) -> dict[str, object]:
    """Return where the session is."""
    state: dict[str, object] = service.client.get("/live/state").json()["capture"] or {}
    return state
