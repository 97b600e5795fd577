"""Guards the newest picture: a slow viewer skips what it missed, and nobody waits for another."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import asyncio
import threading

from handseg_ros.web.live.feed import LiveFeed


def test_who_is_slow_gets_the_newest_and_not_what_was_between() -> None:
    feed = LiveFeed()
    for number in range(1, 6):
        feed.show(b"%d" % number, float(number))
    frame = asyncio.run(feed.newer(1, 0))
    assert frame is not None
    assert (frame.number, frame.jpeg, frame.stamp) == (5, b"5", 5.0)


def test_all_who_wait_get_the_next() -> None:
    feed = LiveFeed()
    feed.show(b"first", 1.0)

    async def wait() -> list[bytes]:
        waiting = [asyncio.ensure_future(feed.newer(1, 60)) for _ in range(3)]
        await asyncio.sleep(0)
        threading.Thread(target=feed.show, args=(b"second", 2.0)).start()
        return [frame.jpeg for frame in await asyncio.gather(*waiting) if frame is not None]

    assert asyncio.run(wait()) == [b"second"] * 3


def test_nothing_comes_where_there_is_nothing_new() -> None:
    feed = LiveFeed()
    assert asyncio.run(feed.newer(0, 0)) is None
    feed.show(b"first", 1.0)
    assert asyncio.run(feed.newer(1, 0)) is None


def test_a_viewer_whose_service_has_ended_delays_nobody() -> None:
    feed = LiveFeed()

    async def leave() -> None:
        waiting = asyncio.ensure_future(feed.newer(0, 60))
        await asyncio.sleep(0)
        assert not waiting.done()

    asyncio.run(leave())
    feed.show(b"first", 1.0)
    frame = asyncio.run(feed.newer(0, 0))
    assert frame is not None


def test_somebody_looks_once_somebody_has_asked() -> None:
    feed = LiveFeed()
    assert not feed.is_watched
    asyncio.run(feed.newer(0, 0))
    assert feed.is_watched
