"""`handseg capture`: backgrounds and frames to train from, stored by a hand, a mouse or a key."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.capture.folder import CaptureFolder
from handseg_ros.capture.session import CaptureOptions, CaptureSession
from handseg_ros.capture.state import CaptureState, Message, Phase
from handseg_ros.cli.capture_options import add_session_options, session_options
from handseg_ros.cli.capture_view import CaptureView, CaptureWindow, HandsAlone
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.interrupts import terminating_as_interrupt
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.number_types import bounded
from handseg_ros.cli.reporting import warn
from handseg_ros.media.frames import Frame, FrameSource, time_in_source
from handseg_ros.media.sources import open_source
from handseg_ros.segmentation.errors import ImageError, MediaError

_EXAMPLES = """three buttons lie over the picture:
  Bkg   after a countdown, store the background of a new set: set0/bkg.png, the mean of frames
  Sav   after a countdown, store a frame into it: set0/0.png, set0/1.png, ...
  Ext   end

A click presses one, so does a hand that is held over it for a second, and so do the keys b, s and
e. Nothing that is in DIR already is overwritten.

examples:
  handseg capture 0 --out captured
  handseg capture 0 --out captured --mirror -b 10
  handseg capture /dev/video2 --out captured --headless   hands press, nothing is shown"""


@dataclass(frozen=True)
class CaptureCommandOptions:
    """Where frames come from and are stored, the model that finds hands, how the session goes.

    `rate` is that of pictures and of videos that do not tell theirs, in frames a second.
    """

    source: str
    out: Path
    rate: float
    is_headless: bool
    session: CaptureOptions
    inference: InferenceOptions

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> CaptureCommandOptions:
        """Return what was parsed."""
        return cls(
            source=parsed.source,
            out=parsed.out,
            rate=parsed.rate,
            is_headless=parsed.headless,
            session=session_options(parsed),
            inference=InferenceOptions.of(parsed),
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `capture`."""
    parser = commands.add_parser(
        "capture",
        help="store backgrounds and frames by a hand held over a button",
        description="Store backgrounds and frames to train from, without a hand at the keyboard",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a camera's number or device, a video or a folder of pictures",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder of the sets"
    )
    add_session_options(parser)
    parser.add_argument(
        "--headless", action="store_true", help="no window: hands alone press, and Ctrl-C ends"
    )
    parser.add_argument(
        "--rate",
        type=bounded(0.1, 1000.0),
        default=10.0,
        metavar="HZ",
        help="frames a second of a folder, by which its time goes (default: %(default)g)",
    )
    add_model_options(parser)
    parser.set_command(CaptureCommandOptions.of, _capture)


def _capture(options: CaptureCommandOptions) -> None:
    source = open_source(options.source)
    segmenter = options.inference.load()
    thresholds = options.inference.thresholds(segmenter.description.thresholds)
    if source.left_out:
        warn(f"{len(source.left_out)} file(s) are left out, the first: {source.left_out[0]}")
    log = _Log()
    with terminating_as_interrupt(), _view(options) as view:
        session = CaptureSession(CaptureFolder(options.out), options.session)
        began = time.monotonic()
        try:
            for frame in _frames(source):
                now = _time_of(frame, source, options.rate)
                segmentation = segmenter.segment(frame.image, thresholds)
                state = session.step(frame.image, segmentation.mask(), now, view.pressed())
                log.tell(state)
                view.show(frame.image, segmentation, state, 0.0 if source.live else began + now)
                if state.phase is Phase.DONE:
                    break
            else:
                log.tell_end(source)
        except KeyboardInterrupt:  # as good a way to end as Ext
            warn("stopped")
        finally:
            log.summarise(options.out)
    log.check()


def _view(options: CaptureCommandOptions) -> CaptureView:
    return HandsAlone() if options.is_headless else CaptureWindow()


def _frames(source: FrameSource) -> Iterator[Frame]:
    """Yield the frames of a source; a picture of a folder that is bad is told and left out."""
    frames = iter(source)
    while True:
        try:
            frame = next(frames, None)
        except ImageError as error:
            if source.rate is not None or source.live:
                raise
            warn(str(error))
            continue
        if frame is None:
            return
        yield frame


def _time_of(frame: Frame, source: FrameSource, rate: float) -> float:
    """Return a frame's time in seconds: a camera's is now, all others have their own."""
    return time.monotonic() if source.live else time_in_source(frame, source.rate or rate)


class _Log:
    """Tells on standard error what changes in a session, and how it went at the end."""

    def __init__(self) -> None:
        self._stored: list[Path] = []
        self._failed = 0
        self._last: Message | None = None
        self._phase = Phase.IDLE

    def tell(self, state: CaptureState) -> None:
        """Tell a state whose sentence is another than before."""
        if state.stored is not None:
            self._stored.append(state.stored)
        self._failed += state.failed
        self._phase = state.phase
        if state.message != self._last:
            self._last = state.message
            warn(state.message.text)

    def tell_end(self, source: FrameSource) -> None:
        """Tell that there are no more frames."""
        if source.lost:
            warn(source.lost)
        early = ", before what was pressed was done" if self._phase is not Phase.IDLE else ""
        warn(f"the source has no more frames{early}")

    def summarise(self, out: Path) -> None:
        """Print what was stored."""
        sets = {file.parent for file in self._stored}
        frames = len(self._stored) - len(sets)
        print(f"{len(sets)} backgrounds and {frames} frames stored in {out}")

    def check(self) -> None:
        """Raise MediaError where something could not be stored."""
        if self._failed:
            raise MediaError(
                f"{self._failed} of what was to be stored could not be: why is told above"
            )
