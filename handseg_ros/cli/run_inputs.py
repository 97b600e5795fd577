"""What `handseg run` answers: inputs of any kind, opened, with the names that their results get."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.cli.usage_error import UsageError
from handseg_ros.media.frames import Frame
from handseg_ros.media.output_names import output_names
from handseg_ros.media.sources import CameraSource, PictureSource, VideoSource, open_source
from handseg_ros.segmentation.errors import HandsegError

_Source = PictureSource | VideoSource | CameraSource


@dataclass(frozen=True)
class NamedFrame:
    """A frame, the file or camera that it is of, and the name of its result, folders included."""

    frame: Frame
    origin: str
    name: str


@dataclass(frozen=True)
class UnreadableInput:
    """A file that cannot be read, and why."""

    origin: str
    error: HandsegError


@dataclass(frozen=True)
class RunInput:
    """A source of frames; `files` are those that it reads, and `names` those of their results."""

    source: _Source
    files: tuple[Path, ...]
    names: tuple[str, ...]
    spec: str

    @property
    def is_video(self) -> bool:
        """Whether its frames follow each other."""
        return not isinstance(self.source, PictureSource)

    def __iter__(self) -> Iterator[NamedFrame | UnreadableInput]:
        """Yield every frame, or what cannot be read in its place."""
        frames = iter(self.source)
        index = 0
        while True:
            origin = self._origin(index)
            try:
                frame = next(frames)
            except StopIteration:
                return
            except HandsegError as error:
                yield UnreadableInput(origin, error)
            else:
                yield NamedFrame(frame, origin, self._name(frame))
            index += 1

    def _origin(self, index: int) -> str:
        if not self.files:
            return self.spec
        return str(self.files[min(index, len(self.files) - 1)])

    def _name(self, frame: Frame) -> str:
        if not self.names:
            return frame.name
        if self.is_video:
            return f"{self.names[0]}_{frame.index:06d}"
        return self.names[frame.index]


@dataclass(frozen=True)
class RunInputs:
    """All inputs in the order given, and what could not even be opened."""

    usable: tuple[RunInput, ...]
    unusable: tuple[UnreadableInput, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """Return all files that will be read."""
        return tuple(file for run_input in self.usable for file in run_input.files)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the results of all pictures."""
        return tuple(
            name for run_input in self.usable if not run_input.is_video for name in run_input.names
        )

    @property
    def length(self) -> int | None:
        """Return the number of frames, None where one source does not tell."""
        lengths = [run_input.source.length for run_input in self.usable]
        return None if None in lengths else sum(length or 0 for length in lengths)

    @property
    def only(self) -> RunInput | None:
        """Return the one input, None where there are several."""
        whole = len(self.usable) == 1 and not self.unusable
        return self.usable[0] if whole else None


def open_inputs(specs: Sequence[str]) -> RunInputs:
    """Open what `open_source` takes, one or more; a file that is named twice is read once.

    Raises MediaError where nothing can be opened, and UsageError for a camera among others.
    """
    opened: list[tuple[str, _Source]] = []
    unusable: list[UnreadableInput] = []
    for spec in dict.fromkeys(specs):
        try:
            opened.append((spec, open_source(spec)))
        except HandsegError as error:
            unusable.append(UnreadableInput(spec, error))
    if not opened:
        raise unusable[0].error
    if len(opened) + len(unusable) > 1 and any(source.live for _, source in opened):
        raise UsageError("a camera gives frames without end: give it alone")
    return RunInputs(_named(_once(opened)), tuple(unusable))


def _once(opened: Sequence[tuple[str, _Source]]) -> list[tuple[str, _Source]]:
    """Return the sources without files that came before."""
    taken: set[Path] = set()
    kept: list[tuple[str, _Source]] = []
    for spec, source in opened:
        files = [file for file, _ in _files_of(source) if file.absolute() not in taken]
        taken |= {file.absolute() for file in files}
        if isinstance(source, PictureSource):
            source = PictureSource(files, source.root, source.left_out)
        if files or isinstance(source, CameraSource):
            kept.append((spec, source))
    return kept


def _named(opened: Sequence[tuple[str, _Source]]) -> tuple[RunInput, ...]:
    files_by_source = [_files_of(source) for _, source in opened]
    names = iter(output_names([pair for pairs in files_by_source for pair in pairs]))
    return tuple(
        RunInput(source, tuple(file for file, _ in pairs), tuple(next(names) for _ in pairs), spec)
        for (spec, source), pairs in zip(opened, files_by_source, strict=True)
    )


def _files_of(source: _Source) -> list[tuple[Path, Path]]:
    """Return the files of a source, each with the folder that it was asked for in."""
    if isinstance(source, CameraSource):
        return []
    if isinstance(source, VideoSource):
        return [(source.path, source.path.parent)]
    return [(file, source.root or file.parent) for file in source.paths]
