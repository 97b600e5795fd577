"""Recordings of a set read by several workers, each into a folder of its own, and taken from there.

A folder holds what a recording has become, so no process has all its pictures in memory.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from handseg_ros.cluster.jobs import Workers
from handseg_ros.datasets.conversion.conversion import put
from handseg_ros.datasets.conversion.folder import IMAGE, ConversionFolder, Line
from handseg_ros.datasets.conversion.member import SourceSet
from handseg_ros.datasets.conversion.reading import ConvertedMember, read_member
from handseg_ros.datasets.conversion.recordings import (
    RecordingLeft,
    members_left,
    recordings_left,
)
from handseg_ros.datasets.conversion.stored_picture import StoredPicture


class RecordingReader:
    """Has the set opened, and reads one recording after the other into new folders of `scratch`."""

    def __init__(self, open_set: Callable[[], SourceSet], name: str, scratch: Path) -> None:
        """Take what opens the set, and its name; raises whatever opening it raises."""
        self._recordings, self._name, self._scratch = open_set().recordings, name, scratch

    def __call__(self, left: RecordingLeft) -> Path:
        """Return the folder with what is left of a recording.

        A try that died leaves its folder aside. Raises MediaError where the recording has
        changed, or nothing can be written.
        """
        place = Path(tempfile.mkdtemp(dir=self._scratch))
        with ConversionFolder(place, {}, resume=False) as folder:
            for member in members_left(self._recordings, left):
                folder.append(put(read_member(member, self._name), folder))
        return place


def read_recordings_by(
    workers: Workers,
    open_set: Callable[[], SourceSet],
    name: str,
    scratch: Path,
    source: SourceSet,
    done: Iterable[Line],
) -> Iterator[ConvertedMember]:
    """Have workers read the recordings behind what is done, and yield their members in order.

    All workers see the folder `scratch`. Raises as `read_here` does.
    """
    left = recordings_left(source.recordings, done)
    for place in workers.in_order(partial(RecordingReader, open_set, name, scratch), left):
        yield from _taken_from(place)
        shutil.rmtree(place, ignore_errors=True)


def _taken_from(place: Path) -> Iterator[ConvertedMember]:
    with ConversionFolder(place, {}, resume=True) as folder:
        for line in folder.lines():
            yield ConvertedMember(dict(line), _picture(place, line))


def _picture(place: Path, line: Line) -> StoredPicture | None:
    if IMAGE not in line:
        return None
    file, image = place / line[IMAGE]["file_name"], line[IMAGE]
    return StoredPicture(file.read_bytes(), file.suffix, (image["height"], image["width"]))
