"""What a page can show: pictures, how it goes, and what can be changed while it runs."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, Field

from handseg_ros.web.live.capture import CaptureControl, LiveCapture
from handseg_ros.web.live.feed import LiveFeed

_INT64 = 2**63  # what a parameter's whole number has room for
Value = bool | Annotated[int, Field(ge=-_INT64, lt=_INT64)] | float | str
Level = Literal["ok", "warning", "error", "stale", "missing"]


class LiveHand(BaseModel):
    """One hand of the newest frame."""

    id: int
    track: int = Field(description="the same for the same hand in every frame; 0: not tracked")
    side: str = Field(description="left, right or unknown")
    side_confidence: float
    score: float
    area: int = Field(description="pixels")
    position: tuple[float, float, float] | None = Field(
        description="metres, x right, y down, z forward; null where it is not known"
    )


class LiveState(BaseModel):
    """How it goes now; `capture` is that of a source that stores what it shows."""

    source: str = Field(description="name of the node, the camera or the file")
    level: Level
    message: str = Field(description="the one sentence that a person reads first")
    figures: dict[str, str] = Field(description="what is counted and measured, by name")
    age_ms: float | None = Field(description="since the newest answered image was taken")
    hands: list[LiveHand]
    capture: LiveCapture | None = None


class LiveParameter(BaseModel):
    """What can be changed, or only be read; `choices` are all there are unless it `is_open`."""

    name: str
    kind: Literal["bool", "int", "float", "str"]
    value: Value
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: list[str] = []
    is_open: bool = False
    is_read_only: bool = False


class LiveView(Protocol):
    """What one camera shows: its pictures, how it goes, and what stores them, if anything."""

    feed: LiveFeed
    capture: CaptureControl | None

    def state(self) -> LiveState: ...


class LiveSource(Protocol):
    """What runs beside the page; its methods are called in the event loop."""

    @property
    def name(self) -> str: ...

    @property
    def cameras(self) -> tuple[str, ...]:
        """The names of its cameras; none where there is but one, which needs no name."""
        ...

    def view(self, camera: str) -> LiveView:
        """Return one camera, '' for the first; raises RequestError (404) for an unknown name."""
        ...

    async def parameters(self) -> list[LiveParameter]:
        """Return all of them; raises RequestError where they cannot be had now."""
        ...

    async def change(self, name: str, value: Value) -> None:
        """Change one; raises RequestError, with the reason, where that is refused."""
        ...
