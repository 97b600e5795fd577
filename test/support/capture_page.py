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


def looking(service: Service, is_there: Callable[[], object], camera: str = "") -> None:
    """Look at the page's pictures, of one of several cameras, until something is there."""
    end, number = time.monotonic() + PATIENCE, "0"
    while not is_there():
        assert time.monotonic() < end, service.client.get("/live/state").text
        asked = {"after": number, "camera": camera}
        answer = service.client.get("/live/overlay", params=asked)
        number = answer.headers.get("X-Number", number)


def press(service: Service, action: str, camera: str = "") -> int:
    """Press a button as the page does; returns the status."""
    asked = {"camera": camera}
    answer = service.client.post("/live/capture", json={"action": action}, params=asked)
    return answer.status_code


def capture_of(service: Service, camera: str = "") -> dict[str, object]:
    """Return where the session is, nothing where there is none."""
    answer = service.client.get("/live/state", params={"camera": camera})
    state: dict[str, object] = answer.json().get("capture") or {}
    return state
