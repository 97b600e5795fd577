"""Answers all inputs of `handseg run` one after the other; what cannot be is told and left out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm import tqdm

from handseg_ros.cli.run_inputs import NamedFrame, RunInput, RunInputs, UnreadableInput
from handseg_ros.cli.run_outputs import ResultWriter
from handseg_ros.cli.window import WindowClosed
from handseg_ros.media.frames import Frame, FrameSource, time_in_source
from handseg_ros.segmentation.errors import HandsegError, MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.tracking.tracker import Tracker

Track = Callable[[Frame, Segmentation], Segmentation]


@dataclass(frozen=True)
class Inference:
    """What answers an image, uint8 BGR, and how often a picture is answered, to take the time."""

    answer: Callable[[np.ndarray], Segmentation]
    repetitions: int = 1


@dataclass
class RunSummary:
    """How many frames were answered, hands in them, frames or files that were not answered.

    `left_out` counts files that were not taken for inputs though they may have been meant;
    `is_stopped` tells that Ctrl-C or SIGTERM came before the end of inputs that have one.
    """

    frames: int = 0
    hands: int = 0
    failed: int = 0
    left_out: int = 0
    is_stopped: bool = False


@dataclass
class _InferenceRun:
    """The answering of several inputs into several outputs; `max_frames` frames at most."""

    inference: Inference
    outputs: Sequence[ResultWriter]
    max_frames: int | None
    bar: tqdm[Any]
    is_single: bool
    summary: RunSummary = field(default_factory=RunSummary)
    has_remarked: bool = False

    @property
    def is_done(self) -> bool:
        return self.summary.frames == self.max_frames

    def process_input(self, run_input: RunInput) -> None:
        """Answer every frame of an input, and tell what of it was lost."""
        if left_out := run_input.source.left_out:
            self.summary.left_out += len(left_out)
            _warn(f"{len(left_out)} file(s) are left out, the first: {left_out[0]}")
        track = _tracking_for(run_input.source)
        for item in run_input:
            if isinstance(item, UnreadableInput):
                self.skip(item)
            elif not self._process(item, run_input, track):
                return
            if self.is_done:
                return
        if run_input.source.lost:
            self.summary.failed += run_input.source.missing
            _warn(run_input.source.lost)

    def skip(self, unreadable: UnreadableInput) -> None:
        """Tell what cannot be answered; raises that where nothing else is or was."""
        if self.is_single and not self.summary.frames:
            raise unreadable.error
        self.summary.failed += 1
        _warn(str(unreadable.error))
        for output in self.outputs:
            output.skip(unreadable)

    def _process(self, named: NamedFrame, run_input: RunInput, track: Track) -> bool:
        """Answer a frame; returns whether to go on with its input."""
        try:
            for _ in range(1 if run_input.is_video else self.inference.repetitions):
                segmentation = self.inference.answer(named.frame.image)
        except HandsegError as error:
            # the next picture may be of another kind, the next frame of a video is not
            self.skip(UnreadableInput(named.origin, error))
            return not run_input.is_video
        segmentation = track(named.frame, segmentation)
        if run_input.source.remarks and not self.has_remarked:
            self.has_remarked = True
            _warn(run_input.source.remarks[0])
        is_closed = False
        for output in self.outputs:
            try:
                output.write(named, segmentation)
            except WindowClosed:
                is_closed = True
        self.summary.frames += 1
        self.summary.hands += len(segmentation.hands)
        self.bar.update()
        if is_closed:
            raise WindowClosed
        return True


def run_inference(
    inputs: RunInputs, inference: Inference, outputs: Sequence[ResultWriter], max_frames: int | None
) -> RunSummary:
    """Answer all inputs, at most so many frames; Ctrl-C ends it, and what is done stays.

    What cannot be read is told on standard error. Raises HandsegError where nothing was answered or
    an output cannot be written, and KeyboardInterrupt for a Ctrl-C before the first answer.
    """
    length = inputs.length if max_frames is None else min(max_frames, inputs.length or max_frames)
    only = inputs.only
    is_single = only is not None and (only.is_video or inputs.length == 1)
    bar: tqdm[Any]
    with tqdm(total=length, unit="frame", disable=length == 1) as bar:
        work = _InferenceRun(inference, outputs, max_frames, bar, is_single)
        try:
            for unreadable in inputs.unusable:
                work.skip(unreadable)
            for run_input in inputs.usable:
                if not work.is_done:
                    work.process_input(run_input)
        except (KeyboardInterrupt, WindowClosed) as end:
            # The way to end a camera; what was written so far is completed and kept.
            if not work.summary.frames:
                raise KeyboardInterrupt from None
            is_camera = all(run_input.source.live for run_input in inputs.usable)
            work.summary.is_stopped = isinstance(end, KeyboardInterrupt) and not is_camera
            _warn("stopped")
    if not work.summary.frames:
        raise MediaError(f"none of {work.summary.failed} could be answered: nothing is written")
    return work.summary


def _warn(sentence: str) -> None:
    tqdm.write(f"handseg: {sentence}", file=sys.stderr)


def _tracking_for(source: FrameSource) -> Track:
    """Return what numbers hands from frame to frame; pictures need not follow each other."""
    rate = source.rate
    if not source.live and rate is None:
        return lambda frame, segmentation: segmentation
    tracker = Tracker()
    if source.live or rate is None:
        return lambda frame, segmentation: tracker.follow(segmentation, time.monotonic())
    return lambda frame, segmentation: tracker.follow(segmentation, time_in_source(frame, rate))
