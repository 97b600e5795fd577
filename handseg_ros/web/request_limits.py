"""How much of a request is read, and how long it is waited for, before anything looks at it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import asyncio

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handseg_ros.web.errors import RequestError, error_response

# A slow link brings a picture in less, and who sends a byte a minute holds nothing for long.
_PATIENCE_SECONDS = 20.0


class RequestLimits:
    """ASGI middleware: bodies of more bytes than allowed are refused while they come (413).

    A client that sends nothing for a while is not waited for (408). Both are HTTPExceptions, which
    FastAPI lets through where it reads a form.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, patience: float = _PATIENCE_SECONDS) -> None:
        """Limit a body to so many bytes, and each wait for a part of it to so many seconds."""
        self._app, self._max_bytes, self._patience = app, max_bytes, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the application, unless it is too large or too slow."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _content_length(scope) > self._max_bytes:
            refusal = self._too_large()
            answer = error_response(RequestError(refusal.status_code, refusal.detail))
            await answer(scope, receive, send)
            return
        body = _LimitedBody(receive, self._max_bytes, self._patience, self._too_large())
        await self._app(scope, body.receive, send)

    def _too_large(self) -> HTTPException:
        return HTTPException(
            413,
            f"the request is larger than {self._max_bytes // 1_000_000} MB: send a smaller "
            "picture, or start the service with a larger --upload-megabytes",
            {"Connection": "close"},
        )


class _LimitedBody:
    """Receives a request's body, and raises where it is too large or does not come."""

    def __init__(
        self, receive: Receive, max_bytes: int, patience: float, too_large: HTTPException
    ) -> None:
        self._receive, self._left, self._patience = receive, max_bytes, patience
        self._too_large = too_large
        self._is_complete = False

    async def receive(self) -> Message:
        if self._is_complete:  # what comes now is that the client hangs up, whenever it does
            return await self._receive()
        message = await _received(self._receive, self._patience)
        self._is_complete = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise self._too_large
        return message


def _content_length(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "")
    return int(text) if text.isdecimal() else 0


async def _received(receive: Receive, patience: float) -> Message:
    try:
        return await asyncio.wait_for(receive(), patience)
    except asyncio.TimeoutError as error:
        raise HTTPException(
            408,
            f"nothing came for {patience:g} s, and the request is not complete: send it again",
            {"Connection": "close"},
        ) from error
