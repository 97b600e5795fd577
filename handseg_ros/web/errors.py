"""Every error of the service as JSON: that it failed, its status, and the reason in a sentence."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from handseg_ros.segmentation.errors import HandsegError, ImageError, quoted

_LOG = logging.getLogger(__name__)


class RequestError(HandsegError):
    """A request that cannot be answered, with the status of HTTP that says whose fault it is."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        """Give status, one sentence, and headers that the response has beside it."""
        super().__init__(reason)
        self.status = status
        self.headers = dict(headers or {})


def error_response(error: RequestError) -> JSONResponse:
    """Return what a client gets: `success` as clients of other services look for it."""
    content = {"success": False, "status": error.status, "reason": str(error)}
    return JSONResponse(content, error.status, error.headers)


def add_error_handlers(app: FastAPI) -> None:
    """Have all errors of the application answered as JSON."""
    app.add_exception_handler(RequestError, _handle)
    app.add_exception_handler(HandsegError, _handle)
    app.add_exception_handler(HTTPException, _handle)
    app.add_exception_handler(RequestValidationError, _handle)
    app.add_exception_handler(Exception, _handle)


async def _handle(request: Request, error: Exception) -> JSONResponse:
    return error_response(_as_request_error(request, error))


def _as_request_error(request: Request, error: Exception) -> RequestError:
    if isinstance(error, RequestError):
        return error
    if isinstance(error, ImageError):
        return RequestError(422, str(error))
    if isinstance(error, RequestValidationError):
        return RequestError(422, _validation_sentence(error))
    if isinstance(error, HTTPException):
        return _http_sentence(request, error)
    if isinstance(error, HandsegError):
        _LOG.error("%s", error)
        return RequestError(500, str(error))
    return RequestError(
        500, f"the service failed ({type(error).__name__}): its log has the cause, report it"
    )


def _validation_sentence(error: RequestValidationError) -> str:
    first = error.errors()[0]
    *_, name = first["loc"]
    if name == "image":
        return (
            "the request has no picture: send a multipart form whose field 'image' is a file, JPEG "
            "or PNG"
        )
    given = quoted(str(first.get("input")))
    return f"'{name}' cannot be {given} ({first['msg']}): /openapi.json says what it may be"


def _http_sentence(request: Request, error: HTTPException) -> RequestError:
    path = quoted(request.url.path)
    sentences = {
        404: f"there is nothing at {path}: /openapi.json lists what there is",
        405: f"{path} does not take {request.method}: /openapi.json says what it takes",
        400: "the body is no multipart form that can be read: send the image in a field 'image'",
    }
    reason = sentences.get(error.status_code, str(error.detail))
    return RequestError(error.status_code, reason, error.headers)
