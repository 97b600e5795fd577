"""What a browser and a stranger may do: who may ask, from which pages, and what pages may load."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handseg_ros.web.errors import RequestError, error_response
from handseg_ros.web.options import ServiceOptions

# Scripts, styles and pictures come from here alone, none is in the page itself, and no other page
# may frame these. Pictures that a page makes itself are blobs.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SAFE_METHODS = frozenset(["GET", "HEAD", "OPTIONS"])
# A load balancer or an orchestrator asks these, and they tell nothing.
_PROBES = ("/healthz", "/readyz")
# A browser gets a page before anybody can type the token into it: no data are in these.
_PAGES = ("/",)
_PAGES_FILES = "/static/"
_LOCAL_NAME = "localhost"


class Security:
    """ASGI middleware: refuses who may not ask, and tells browsers what pages may do.

    On a loopback address only the names of this machine are served, as any name may be made to
    point here (DNS rebinding); a page of another origin changes nothing (CSRF); and where there is
    a token, only who has it is served.
    """

    def __init__(self, app: ASGIApp, options: ServiceOptions) -> None:
        self._app, self._options = app, options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the application, unless it is refused."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, with_headers)
        elif scope["type"] == "http":
            await error_response(refusal)(scope, receive, with_headers)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    def _refusal(self, scope: Scope) -> RequestError | None:
        headers = Headers(scope=scope)
        if self._options.is_local and not _is_local_name(headers.get("host", "")):
            return RequestError(
                421, "the service answers to the names of this machine alone: ask for localhost"
            )
        if _changes_something(scope) and not _is_same_origin(headers):
            return RequestError(
                403, "a page of another site cannot use this service: open its own page"
            )
        if not self._is_known(scope, headers):
            return RequestError(
                401,
                "the service wants its token: send the header 'Authorization: Bearer TOKEN'",
                {"WWW-Authenticate": "Bearer"},
            )
        return None

    def _is_known(self, scope: Scope, headers: Headers) -> bool:
        if not self._options.token or _is_open(scope["path"]):
            return True
        kind, _, given = headers.get("authorization", "").partition(" ")
        is_token = hmac.compare_digest(given.strip().encode(), self._options.token.encode())
        return kind.lower() == "bearer" and is_token


def _is_open(path: str) -> bool:
    return path in (*_PROBES, *_PAGES) or path.startswith(_PAGES_FILES)


def _changes_something(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS


def _is_same_origin(headers: Headers) -> bool:
    """Whether a browser says that its page is of this service, or no browser asks at all."""
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def _is_local_name(host: str) -> bool:
    """Whether a Host header (RFC 9110, 7.2) names this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == _LOCAL_NAME or ip_address(name).is_loopback
    except ValueError:
        return False
