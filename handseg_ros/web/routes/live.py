"""The newest picture of what runs beside the page, how it goes, and its parameters.

Pictures are asked for one by one, each with the number of the last: so who is slow gets fewer, and
the token travels as in all other requests. docs/decisions/0025-pictures-are-asked-for.md
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from handseg_ros.capture.buttons import Action
from handseg_ros.web.errors import RequestError
from handseg_ros.web.known_names import only_known_queries
from handseg_ros.web.live.capture import LiveCapture
from handseg_ros.web.live.source import LiveParameter, LiveSource, LiveState, Value
from handseg_ros.web.predictions import Failure

_PATIENCE_SECONDS = 2.0
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}},
    204: {"description": "none for two seconds"},
}
_MAX_TEXT = 4096
_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": text}
    for status, text in {
        401: "no token, or a wrong one",
        403: "asked from a page of another site",
        404: "no parameter or camera of this name, or no capture",
        409: "the value was refused, and why",
        422: "what is asked is not of the form, or the type, that it should be",
        503: "what is shown is not there",
        504: "it did not answer",
    }.items()
}


class Shown(LiveState):
    """How a camera goes, and which others there are to ask for."""

    cameras: list[str] = Field(description="names of all cameras; none where there is but one")


class Change(BaseModel):
    """A parameter and the value that it shall have."""

    name: str = Field(max_length=_MAX_TEXT)
    value: Value


class Press(BaseModel):
    """A button of the capture."""

    action: Action


_Camera = Annotated[str, Query(description="which of several; the first where it is empty")]


def make_router(source: LiveSource) -> APIRouter:
    """Return the routes below /live."""
    names = [Depends(only_known_queries)]
    router = APIRouter(prefix="/live", tags=["live"], responses=_FAILURES, dependencies=names)

    @router.get("/overlay", summary="The newest picture", response_class=Response, responses=_JPEG)
    async def overlay(
        after: Annotated[int, Query(description="the number of the picture seen last")] = 0,
        camera: _Camera = "",
    ) -> Response:
        frame = await source.view(camera).feed.newer(after, _PATIENCE_SECONDS)
        if frame is None:
            return Response(status_code=204)
        headers = {
            "X-Number": str(frame.number),
            "X-Age-Ms": f"{1e3 * (time.time() - frame.stamp):.1f}",
        }
        return Response(frame.jpeg, media_type="image/jpeg", headers=headers)

    @router.get("/state", summary="How it goes")
    async def state(camera: _Camera = "") -> Shown:
        view = source.view(camera)
        view.feed.look()
        return Shown(cameras=list(source.cameras), **dict(view.state()))

    @router.get("/parameters", summary="What can be changed")
    async def parameters() -> list[LiveParameter]:
        return await source.parameters()

    @router.post("/parameters", summary="Change one; 409 has the reason of a refusal")
    async def change(wanted: Change) -> list[LiveParameter]:
        await source.change(wanted.name, wanted.value)
        return await source.parameters()

    @router.post("/capture", summary="Press a button of the capture")
    async def press(wanted: Press, camera: _Camera = "") -> LiveCapture | None:
        capture = source.view(camera).capture
        if capture is None:
            raise RequestError(404, "nothing is stored here: start the page with --capture")
        capture.press(wanted.action)
        return capture.state()

    return router
