"""Where the answers of `handseg run` go: pictures, a video, JSON Lines, CSV, a window."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from handseg_ros.cli.hand_writers import CsvWriter, JsonLinesWriter
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.run_inputs import NamedFrame, RunInputs, UnreadableInput
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.cli.window import Window
from handseg_ros.media.overwriting import check_targets, is_same
from handseg_ros.media.sinks import CODECS, VideoSink, write_picture
from handseg_ros.media.sources import PICTURE_SUFFIXES
from handseg_ros.media.text_file import STANDARD_OUTPUT, TextFile
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay
from handseg_ros.segmentation.user_path import user_path

Render = Callable[[NamedFrame, Segmentation], np.ndarray]

# For a video made of pictures or of a camera that does not tell its rate.
_UNKNOWN_RATE = 15.0
# What these make of an id is another id.
_LOSSY = (".avi", ".jfif", ".jpe", ".jpeg", ".jpg", ".mp4")


class ResultWriter(Protocol):
    """Takes every answer, and is told of what could not be answered."""

    def write(self, named: NamedFrame, segmentation: Segmentation) -> None: ...

    def skip(self, unreadable: UnreadableInput) -> None: ...


@dataclass(frozen=True)
class RunOutputOptions:
    """What shall be written: `save` is a picture, a video or a folder, None where none is."""

    save: Path | None
    json: str | None
    csv: str | None
    show: bool
    overlay: OverlayMode | None
    instances: bool

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> RunOutputOptions:
        """Return what was parsed."""
        return cls(
            save=None if parsed.save is None else user_path(parsed.save),
            json=_record_file(parsed.json),
            csv=_record_file(parsed.csv),
            show=parsed.show,
            overlay=None if parsed.overlay is None else OverlayMode(parsed.overlay),
            instances=parsed.instances,
        )

    def resolved(self, inputs: RunInputs) -> RunOutputOptions:
        """Return them with the usual name where results go nowhere; raises as `check` does."""
        save = self.save
        if save is None and not (self.json or self.csv or self.show):
            save = _default_path(inputs, self.overlay is not None)
        options = replace(self, save=save)
        options.check(inputs)
        return options

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files and folders that are written, for the summary."""
        records = (name for name in (self.json, self.csv) if name and name != STANDARD_OUTPUT)
        return (*([] if self.save is None else [self.save]), *map(Path, records))

    @property
    def is_folder(self) -> bool:
        """Whether pictures go to a folder, one for each frame."""
        return self.save is not None and (self.save.is_dir() or not self.save.suffix)

    def check(self, inputs: RunInputs) -> None:
        """Raise UsageError for a file that cannot hold the results."""
        if self.json == self.csv == STANDARD_OUTPUT:
            raise UsageError("--json and --csv cannot both be the standard output: name a file")
        if self.save is None and (self.instances or (self.overlay and not self.show)):
            drawn = "--instances" if self.instances else "--overlay"
            raise UsageError(f"{drawn} says how results are drawn, but none is saved: add -s OUT")
        if self.save is None or self.is_folder:
            return
        suffix = self.save.suffix.lower()
        if self.instances and suffix in _LOSSY:
            raise UsageError(
                f"'{self.save}' cannot hold ids, which '{suffix}' changes as it compresses: use "
                ".png, .mkv or a folder"
            )
        if self.overlay is None and suffix in _LOSSY:
            warn(f"'{suffix}' changes a mask's values as it compresses: .png and .mkv keep them")
        if suffix in CODECS:
            if len(inputs.usable) > 1 and any(run_input.is_video for run_input in inputs.usable):
                raise UsageError(
                    f"the video '{self.save}' cannot hold the results of several inputs: give a "
                    "folder, or one video at a time"
                )
        elif suffix in PICTURE_SUFFIXES and cv2.haveImageWriter(f"a{suffix}"):
            if inputs.length != 1:
                raise UsageError(
                    f"the picture '{self.save}' cannot hold a result for each of many frames: give "
                    "a folder, or a video ending in " + ", ".join(CODECS)
                )
        else:
            raise UsageError(
                f"'{self.save}' is no kind of file that can be written: give a folder, a picture "
                "(.png) or a video ending in " + ", ".join(CODECS)
            )

    def check_overwriting(self, inputs: RunInputs, others: tuple[Path, ...]) -> None:
        """Raise MediaError where an input, or another file that is read, would be overwritten."""
        files = list(self.files)
        if self.save is not None and self.is_folder:
            files.remove(self.save)
            files += [self.save / f"{name}.png" for name in inputs.names]
            for file in inputs.files:
                if is_same(file.parent, self.save):
                    raise MediaError(
                        f"'{self.save}' is the input's own folder, whose files might be "
                        "overwritten: save somewhere else"
                    )
        check_targets(files, (*inputs.files, *others))


def open_outputs(
    targets: RunOutputOptions, inputs: RunInputs, model: str, palette: Palette, closing: ExitStack
) -> list[ResultWriter]:
    """Open all outputs until `closing` closes; after an error it leaves no half files."""
    outputs: list[ResultWriter] = []
    if targets.save is not None:
        outputs.append(_picture_output(targets, targets.save, inputs, palette, closing))
    if targets.json is not None:
        outputs.append(JsonLinesWriter(closing.enter_context(TextFile(targets.json)), model))
    if targets.csv is not None:
        outputs.append(CsvWriter(closing.enter_context(TextFile(targets.csv))))
    if targets.show:
        mode = targets.overlay or OverlayMode.INSTANCES
        stays = not any(run_input.is_video for run_input in inputs.usable)
        outputs.append(closing.enter_context(Window(mode, palette, stays)))
    return outputs


def _record_file(text: str | None) -> str | None:
    # A shell leaves the home folder's sign alone in --json=~/hands.jsonl.
    return text if text in (None, STANDARD_OUTPUT) else str(user_path(text or ""))


class _ImageWriter:
    """Writes what is drawn of each frame: to a folder, one picture, or a video."""

    def __init__(self, render: Render, write: Callable[[NamedFrame, np.ndarray], None]) -> None:
        self._render, self._write = render, write
        self._written: set[str] = set()

    def write(self, named: NamedFrame, segmentation: Segmentation) -> None:
        if named.name in self._written:
            raise MediaError(f"two results are named '{named.name}': answer their inputs apart")
        self._written.add(named.name)
        self._write(named, self._render(named, segmentation))

    def skip(self, unreadable: UnreadableInput) -> None:
        """There is nothing to draw."""


def _picture_output(
    targets: RunOutputOptions, save: Path, inputs: RunInputs, palette: Palette, closing: ExitStack
) -> ResultWriter:
    render = _renderer(targets, palette)
    if targets.is_folder:
        return _ImageWriter(
            render, lambda named, drawn: write_picture(_file_in(save, named), drawn)
        )
    if save.suffix.lower() in CODECS:
        rate = next((run_input.source.rate for run_input in inputs.usable), None)
        video = closing.enter_context(VideoSink(save, rate or _UNKNOWN_RATE))
        return _ImageWriter(render, lambda named, drawn: video.write(drawn))
    return _ImageWriter(render, lambda named, drawn: write_picture(save, drawn))


def _file_in(folder: Path, named: NamedFrame) -> Path:
    return folder / f"{named.name}.png"


def _renderer(targets: RunOutputOptions, palette: Palette) -> Render:
    mode = targets.overlay
    if mode is not None:
        return lambda named, answer: draw_overlay(named.frame.image, answer, mode, palette)
    if targets.instances:
        return lambda named, answer: answer.instances()
    return lambda named, answer: answer.mask()


def _default_path(inputs: RunInputs, is_overlay: bool) -> Path:
    only = inputs.only
    if only is not None and only.is_video:
        # Masks are worth a codec without loss; a picture for people is worth a small file.
        return Path("output.mp4" if is_overlay else "output.mkv")
    return Path("output.png" if only is not None and inputs.length == 1 else "output")
