"""Guards what holds the service up: images that wait, clients that hang up or send too slowly."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import asyncio
import threading

import pytest
from fastapi import HTTPException
from starlette.types import Message, Receive, Scope, Send

from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.errors import RequestError
from handseg_ros.web.inference_queue import InferenceQueue
from handseg_ros.web.request_limits import RequestLimits


async def stays() -> bool:
    """Return that the client has not hung up."""
    return False


async def leaves() -> bool:
    """Return that the client has hung up."""
    return True


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    """Return the smallest model."""
    return Segmenter.load("hands_fast")


def test_so_many_wait_and_no_more(segmenter: Segmenter) -> None:
    queue, go_on = InferenceQueue(segmenter, 3), threading.Event()

    async def fill() -> None:
        waiting = [asyncio.ensure_future(queue.run(go_on.wait, stays)) for _ in range(3)]
        await asyncio.sleep(0)
        assert queue.is_full
        with pytest.raises(RequestError, match="3 images wait already") as refused:
            await queue.run(go_on.wait, stays)
        assert refused.value.status == 429
        assert refused.value.headers["Retry-After"] == "1"
        go_on.set()
        assert await asyncio.gather(*waiting) == [True, True, True]
        assert queue.admitted == 0
        assert await queue.run(lambda: "the next", stays) == "the next"

    asyncio.run(fill())


def test_nothing_is_begun_for_who_has_gone(segmenter: Segmenter) -> None:
    queue, begun = InferenceQueue(segmenter, 3), threading.Event()
    with pytest.raises(RequestError, match="hung up"):
        asyncio.run(queue.run(begun.set, leaves))
    assert not begun.is_set()
    assert queue.admitted == 0


def test_an_error_frees_its_place(segmenter: Segmenter) -> None:
    queue = InferenceQueue(segmenter, 1)

    def fail() -> None:
        raise ValueError("of the work")

    for _ in range(3):
        with pytest.raises(ValueError, match="of the work"):
            asyncio.run(queue.run(fail, stays))


async def reading(scope: Scope, receive: Receive, send: Send) -> None:
    """Read a request's body to its end."""
    while (await receive()).get("more_body"):
        pass


def test_who_sends_nothing_is_not_waited_for() -> None:
    async def silent() -> Message:
        await asyncio.sleep(60)
        raise AssertionError("it was waited for")

    limits = RequestLimits(reading, max_bytes=100, patience=0.01)
    with pytest.raises(HTTPException, match="nothing came") as error:
        asyncio.run(limits({"type": "http", "headers": []}, silent, unused))
    assert error.value.status_code == 408


async def unused(message: Message) -> None:
    """Send what nobody should have to send."""
    raise AssertionError(message)


def test_bytes_count_whatever_the_header_says() -> None:
    async def flood() -> Message:
        return {"type": "http.request", "body": bytes(60), "more_body": True}

    limits = RequestLimits(reading, max_bytes=100)
    scope = {"type": "http", "headers": [(b"content-length", b"10")]}
    with pytest.raises(HTTPException, match="larger than") as error:
        asyncio.run(limits(scope, flood, unused))
    assert error.value.status_code == 413
