"""The images of a bag as frames, as of a video."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.camera_topic import choose_image_topic
from handseg_ros.bags.images import BadImage, BagImage, images
from handseg_ros.media.frames import Frame
from handseg_ros.segmentation.errors import ImageError
from handseg_ros.segmentation.user_path import user_path

# The rate is that of the first so many images; to read all of a large bag takes long.
_TIMED = 30


class BagSource:
    """The images of one topic of a rosbag2; a `FrameSource`."""

    live = False
    left_out: tuple[str, ...] = ()
    missing = 0

    def __init__(self, path: str | Path, topic: str | None = None) -> None:
        """Look into the bag; `topic` is needed where it has several of a camera.

        Raises MediaError for what cannot be read, is ambiguous or no image.
        """
        self.path = user_path(path)
        self.lost = ""
        self.remarks: list[str] = []
        with Bag(self.path) as bag:
            chosen = choose_image_topic(bag, topic)
            times = [one.log_time for one in islice(bag.messages([chosen.name]), _TIMED)]
        self.topic = chosen.name
        self.length = chosen.count or None
        steps = np.diff(times)
        self.rate = 1e9 / float(np.median(steps)) if len(steps) and np.median(steps) > 0 else None

    def __iter__(self) -> Iterator[Frame]:
        """Read one image after the other; after an ImageError `next()` goes on with the next one.

        Raises MediaError for a bag that is not there any more.
        """
        return map(_frame, self._images())

    def _images(self) -> Iterator[tuple[BagImage | BadImage, float]]:
        """Yield images, each with its place in the bag in seconds."""
        first: int | None = None
        with Bag(self.path) as bag:
            for item in images(bag, bag.topics[self.topic]):
                place = 0.0
                if isinstance(item, BagImage):
                    first = item.log_time if first is None else first
                    place = (item.log_time - first) / 1e9
                yield item, place
            self.lost = "; ".join(bag.damage)
            self.remarks[:] = bag.remarks


def _frame(read: tuple[BagImage | BadImage, float]) -> Frame:
    item, place = read
    if isinstance(item, BadImage):
        raise ImageError(f"the image {item.name} cannot be used: {item.reason}")
    return Frame(item.pixels, item.index, item.name, time.time(), place)
