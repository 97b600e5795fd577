"""The folder of an evaluation: what is finished, line by line, and what it was made of.

`run.json` tells models and set, `frames.jsonl` has a line for every answered frame, and
`timings.jsonl` one with its times, which are kept apart because they differ from run to run.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

import numpy as np

from handseg_ros.evaluation.runner.records import FrameRecord, from_line, to_line
from handseg_ros.media.atomic_files import write_text
from handseg_ros.media.begun_facts import check_same_facts
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Timings
from handseg_ros.segmentation.model_file import weights_files
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.segmentation.validation import as_json, as_plain, read_json_as

# Of a digest, so many tell it from others in a sentence.
_DIGITS = 8
RUN, FRAMES, TIMINGS = "run.json", "frames.jsonl", "timings.jsonl"


@dataclass(frozen=True)
class ModelIdentity:
    """Which model: what its file says of itself, and the file's digest.

    `background` is the digest of the background that it compares frames with, empty without one;
    `settings` is that of what decides on its answers beside its file: its description, the input
    size, and files beside it that hold its weights.
    """

    name: str
    version: str
    sha256: str
    background: str = ""
    settings: str = ""

    @property
    def words(self) -> str:
        """The model in words that no other has."""
        background = f", background {self.background[:_DIGITS]}" if self.background else ""
        settings = f", settings {self.settings[:_DIGITS]}" if self.settings else ""
        return f"{self.name} {self.version} ({self.sha256[:_DIGITS]}{background}{settings})"

    @classmethod
    def of(cls, segmenter: Segmenter) -> ModelIdentity:
        """Return the facts of a loaded model."""
        told = segmenter.description
        file = segmenter.session.path
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        made = segmenter.background
        values = b"" if made is None else np.ascontiguousarray(made.values).tobytes()
        background = hashlib.sha256(values).hexdigest() if values else ""
        settings = hashlib.sha256(f"{told.to_yaml()}{segmenter.input_size}".encode())
        for weights in weights_files(file):
            settings.update(weights.read_bytes())
        return cls(told.name, told.version, digest, background, settings.hexdigest())


@dataclass(frozen=True)
class EvaluationPlan:
    """What is evaluated: the set's title, the models in their order, and how the set is read.

    `reading` has facts as words; none where nothing is told of it.
    """

    title: str
    models: tuple[ModelIdentity, ...]
    reading: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FrameTimings:
    """Where the time of one frame went, in seconds; `models` in their order."""

    reading: float
    scoring: float
    models: tuple[Timings, ...]


class ResultStore:
    """An evaluation's folder, opened to go on. Use it in a `with` block."""

    def __init__(self, folder: Path, plan: EvaluationPlan, resume: bool) -> None:
        """Begin in a folder, or go on where an evaluation of the same plan was left.

        Raises MediaError for a folder that holds another evaluation or cannot be written, and for
        one with an evaluation in it unless that is to go on.
        """
        self._folder = folder
        if (folder / RUN).exists():
            _check(folder, plan, resume)
        else:
            _begin(folder, plan)
        self.finished = _keep_whole_lines(folder)
        # Not buffered: a frame that is answered is on the disk, whatever comes.
        self._frames = (folder / FRAMES).open("ab", buffering=0)
        self._timings = (folder / TIMINGS).open("ab", buffering=0)

    def __enter__(self) -> ResultStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._frames.close()
        self._timings.close()

    def append(self, record: FrameRecord, times: FrameTimings) -> None:
        """Keep an answered frame; raises MediaError when the disk is full."""
        try:
            _write_whole(self._frames, to_line(record))
            _write_whole(self._timings, as_json(times) + b"\n")
        except OSError as error:
            raise _not_written(self._folder, error) from error
        self.finished += 1

    def records(self) -> Iterator[FrameRecord]:
        """Yield what is kept of the finished frames, in order; raises MediaError."""
        for number, line in enumerate(_lines(self._folder / FRAMES), start=1):
            try:
                yield from_line(line)
            except ValueError as error:
                raise _damaged(self._folder / FRAMES, number) from error

    def times(self) -> Iterator[FrameTimings]:
        """Yield the times of the finished frames, in order; raises MediaError."""
        for number, line in enumerate(_lines(self._folder / TIMINGS), start=1):
            try:
                yield read_json_as(FrameTimings, line)
            except ValueError as error:
                raise _damaged(self._folder / TIMINGS, number) from error


def _write_whole(file: io.FileIO, line: bytes) -> None:
    """Write every byte: where space ends, an unbuffered file takes some of them in silence."""
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def _begin(folder: Path, plan: EvaluationPlan) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (FRAMES, TIMINGS):
            (folder / name).write_bytes(b"")
    except OSError as error:
        raise _not_written(folder, error) from error
    # last and whole, as it is what tells that an evaluation lies here
    told = json.dumps(as_plain(plan), indent=2, ensure_ascii=False)
    write_text(folder / RUN, f"{told}\n")


def _check(folder: Path, plan: EvaluationPlan, resume: bool) -> None:
    if not resume:
        raise MediaError(
            f"'{folder}' holds an evaluation: go on with it by --resume, or choose another folder"
        )
    try:
        before = read_json_as(EvaluationPlan, (folder / RUN).read_bytes())
    except (OSError, ValueError) as error:
        raise MediaError(
            f"'{folder / RUN}' does not tell what was evaluated: choose another folder"
        ) from error
    if before.title != plan.title:
        raise MediaError(
            f"'{folder}' holds an evaluation on '{before.title}', not on '{plan.title}': "
            "give that set, or choose another folder"
        )
    if len(before.models) != len(plan.models) or not all(
        map(_are_same, before.models, plan.models)
    ):
        raise MediaError(
            f"'{folder}' holds an evaluation of {_told(before)}, not of {_told(plan)}: "
            "give those very files in that order, or choose another folder"
        )
    if before.reading:
        check_same_facts(folder, before.reading, plan.reading, "choose another folder")


def _told(plan: EvaluationPlan) -> str:
    return " and ".join(model.words for model in plan.models)


def _are_same(before: ModelIdentity, now: ModelIdentity) -> bool:
    # Of what was kept by an older version nothing is known of its settings.
    return before == (now if before.settings else replace(now, settings=""))


def _keep_whole_lines(folder: Path) -> int:
    """Cut off what was not written to its end, and return the number of frames that are left."""
    files = [folder / name for name in (FRAMES, TIMINGS)]
    try:
        whole = min(sum(1 for _ in _lines(file)) for file in files)
        for file in files:
            with file.open("r+b") as opened:
                for _ in range(whole):
                    opened.readline()
                opened.truncate(opened.tell())
    except OSError as error:
        raise _not_written(folder, error) from error
    return whole


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        yield from (line for line in opened if line.endswith(b"\n"))


def _damaged(file: Path, number: int) -> MediaError:
    return MediaError(f"'{file}' is damaged in line {number}: evaluate again into another folder")


def _not_written(folder: Path, error: OSError) -> MediaError:
    return MediaError(
        f"'{folder}' cannot be written, {error.strerror}: choose a folder with space that you may "
        "write to"
    )
