"""Refuses names that a request has and nothing reads: what has no effect must not be answered."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fastapi import Request

from handseg_ros.segmentation.errors import quoted
from handseg_ros.web.errors import RequestError

PICTURE = "image"


async def only_known_queries(request: Request) -> None:
    """Raise RequestError (422) for a name in the query that a route does not know, or has twice."""
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    given = [name for name, _ in request.query_params.multi_items()]
    path = request.url.path
    for name in given:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise RequestError(422, f"{path} has no option {quoted(name)}: {takes}")
    if (twice := _first_twice(given)) is not None:
        raise RequestError(422, f"{quoted(twice)} is given twice: give it once")


async def only_a_picture(request: Request) -> None:
    """Raise RequestError (422) for a form that has anything else than one field `image`."""
    given = [name for name, _ in (await request.form()).multi_items()]
    options = [field.alias for field in request.scope["route"].dependant.query_params]
    for name in given:
        if name in options:
            path = f"{request.url.path}?{name}=..."
            raise RequestError(422, f"'{name}' is a field of the form: put it into the URL, {path}")
        if name != PICTURE:
            raise RequestError(
                422,
                f"the form has a field {quoted(name)}: send the picture in the field '{PICTURE}' "
                f"alone, and options ({', '.join(options)}) in the URL",
            )
    if _first_twice(given) is not None:
        raise RequestError(422, "the form has several pictures: send a request for each")


def _first_twice(names: Iterable[str]) -> str | None:
    return next((name for name, times in Counter(names).items() if times > 1), None)
