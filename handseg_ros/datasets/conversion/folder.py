"""The folder of a conversion: pictures, a line for each member that is done, the file at the end.

`conversion.json` tells what is converted, `members.jsonl` has a line for every member: its image
and annotations as they come into `annotations.json`, or why it was skipped.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from handseg_ros.datasets.coco.stream import write_coco
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.media.atomic_files import not_written, write_text
from handseg_ros.media.begun_facts import check_same_facts
from handseg_ros.segmentation.errors import MediaError

PICTURES, ANNOTATIONS = "images", "annotations.json"
FACTS, MEMBERS = "conversion.json", "members.jsonl"
NAME, IMAGE, SKIPPED = "name", "image", "skipped"
# A picture on its way; always of this name, so that a stop leaves one at most.
_PARTIAL = ".partial"
_BLOCK = 1 << 16

Line = Mapping[str, Any]


class ConversionFolder:
    """A conversion's folder, opened to go on. Use it in a `with` block.

    `is_finished` says that nothing is left to be done. Pictures are copied; with `links` they are
    hard links, where the file system lets them.
    """

    def __init__(
        self, path: Path, facts: Mapping[str, str], resume: bool, links: bool = False
    ) -> None:
        """Begin in a new folder, or go on in one that was begun with the same facts, as words.

        Raises MediaError for a folder with anything else in it, or that cannot be written.
        """
        self._path, self._links = path, links
        if (path / FACTS).exists():
            _check(path, facts, resume)
        else:
            _begin(path, facts)
        self.is_finished = (path / ANNOTATIONS).exists()
        try:
            for partial in path.glob(f".{Path(ANNOTATIONS).stem}.*"):
                partial.unlink()
            _cut_last_line(path / MEMBERS)
            # Not buffered: a member that is done is on the disk, whatever comes.
            self._members = (path / MEMBERS).open("ab", buffering=0)
        except OSError as error:
            raise not_written(path, error) from error
        # What was interrupted may have left the picture of the first member that comes.
        self._may_replace = True

    def __enter__(self) -> ConversionFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._members.close()

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the members that are done, in order; raises MediaError."""
        with (self._path / MEMBERS).open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise MediaError(
                        f"'{self._path / MEMBERS}' is damaged in line {number}: convert again into "
                        "another folder"
                    ) from error

    def add_picture(self, file_name: str, picture: StoredPicture) -> bool:
        """Put a picture into the folder by its path there; returns False where one has its name.

        Raises MediaError when it cannot be written.
        """
        target, partial = self._path / file_name, self._path / PICTURES / _PARTIAL
        if target.exists() and not (self._may_replace and self._is_left_over(file_name)):
            return False
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            if not (self._links and picture.file and _linked(picture.file, partial)):
                partial.write_bytes(picture.data)
            os.replace(partial, target)
        except OSError as error:
            raise not_written(target, error) from error
        return True

    def _is_left_over(self, file_name: str) -> bool:
        """Whether a picture that is there is of no member that is done."""
        own = (line.get(IMAGE, {}).get("file_name") for line in self.lines())
        return file_name not in own

    def append(self, line: Line) -> None:
        """Keep the line of a member that is done; raises MediaError."""
        rest = memoryview(json.dumps(line).encode() + b"\n")
        try:
            while rest:  # where space ends, an unbuffered file takes some bytes in silence
                rest = rest[self._members.write(rest) :]
        except OSError as error:
            raise not_written(self._path / MEMBERS, error) from error
        self._may_replace = False

    def finish(self) -> None:
        """Write the COCO file; raises MediaError."""
        write_coco(self._path / ANNOTATIONS, self._converted)

    def _converted(self) -> Iterator[Line]:
        return (line for line in self.lines() if IMAGE in line)


def picture_path(name: str, picture: StoredPicture) -> str:
    """Return where in the folder the picture of a member lies."""
    return f"{PICTURES}/{name}{picture.suffix}"


def _linked(file: Path, target: Path) -> bool:
    try:
        os.link(os.path.realpath(file), target)
    except OSError:  # another file system, or one without links
        return False
    return True


def _begin(path: Path, facts: Mapping[str, str]) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise MediaError(f"'{path}' holds something already: choose a new folder")
        (path / PICTURES).mkdir()
        (path / MEMBERS).write_bytes(b"")
    except OSError as error:
        raise not_written(path, error) from error
    # last and whole, as it is what tells that a conversion lies here
    write_text(path / FACTS, json.dumps(dict(facts), indent=2) + "\n")


def _check(path: Path, facts: Mapping[str, str], resume: bool) -> None:
    if not resume:
        raise MediaError(
            f"'{path}' holds a conversion: go on with it by --resume, or choose a new folder"
        )
    try:
        before = json.loads((path / FACTS).read_bytes())
        check_same_facts(path, before, facts, "choose a new folder")
    except (OSError, ValueError, AttributeError) as error:
        raise MediaError(
            f"'{path / FACTS}' does not tell what was converted: choose a new folder"
        ) from error


def _cut_last_line(file: Path) -> None:
    """Cut off a last line that was not written to its end."""
    with file.open("r+b") as opened:
        end = opened.seek(0, os.SEEK_END)
        while end:
            begin = max(0, end - _BLOCK)
            opened.seek(begin)
            found = opened.read(end - begin).rfind(b"\n")
            if found >= 0:
                end = begin + found + 1
                break
            end = begin
        opened.truncate(end)
