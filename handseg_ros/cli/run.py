"""`handseg run`: hands in pictures, videos or a camera; results at the original size."""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from handseg_ros.cli.model_options import add_model_options, chosen_thresholds, load_segmenter
from handseg_ros.cli.numbers import positive
from handseg_ros.media.sinks import CODECS, VideoSink, write_picture
from handseg_ros.media.sources import PICTURE_SUFFIXES, Frame, FrameSource, open_source
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay
from handseg_ros.tracking.tracker import Tracker

Follow = Callable[[Segmentation], Segmentation]
Render = Callable[[Frame, Segmentation], np.ndarray]
Write = Callable[[Frame, np.ndarray], None]

# For a video made of pictures or of a camera that does not tell its rate.
_UNKNOWN_RATE = 15.0
_DRAWING_MODES = [mode.value for mode in OverlayMode if mode is not OverlayMode.NONE]


@dataclass(frozen=True)
class _Result:
    """What was done: how many frames were answered, and how many hands were in them."""

    frames: int
    hands: int


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command `run`."""
    parser = commands.add_parser("run", help="segment the hands in pictures, a video or a camera")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("-i", "--input", metavar="IN", help="a picture, a folder or a glob")
    source.add_argument("-v", "--video", metavar="IN", help="a video file or a camera's number")
    parser.add_argument(
        "-s",
        "--save",
        metavar="OUT",
        type=Path,
        help="a picture, a video (.mkv keeps masks exact) or a folder of pictures "
        "(default: output.png, output.mkv, output.mp4 or output/, as the input asks for)",
    )
    drawn = parser.add_mutually_exclusive_group()
    drawn.add_argument(
        "--overlay",
        nargs="?",
        const=OverlayMode.INSTANCES.value,
        choices=_DRAWING_MODES,
        help="draw hands and objects onto the input (default way: %(const)s)",
    )
    drawn.add_argument("--instances", action="store_true", help="write ids instead of 0 and 255")
    parser.add_argument("--frames", type=positive, metavar="N", help="stop after N frames")
    add_model_options(parser)
    parser.set_defaults(action=_run)


def _run(options: argparse.Namespace) -> None:
    spec = options.input if options.video is None else options.video
    source = open_source(spec)
    segmenter = load_segmenter(options)
    thresholds = chosen_thresholds(options, segmenter.description.thresholds)
    path = options.save or _default_path(source, options.overlay is not None)
    if Path(spec).resolve() == path.resolve():
        raise MediaError(f"'{path}' is the input, which would be overwritten: save somewhere else")
    render = _renderer(options, Palette.of(segmenter.description))
    follow = _follower(source)

    def answer(frame: Frame) -> Segmentation:
        return follow(segmenter.segment(frame.image, thresholds))

    with ExitStack() as closing:
        write = _writer(path, source, closing)
        result = _segment_all(source, answer, render, write, options.frames)
    print(f"{result.frames} frames, {result.hands} hands, written to {path}")


def _segment_all(
    source: FrameSource,
    answer: Callable[[Frame], Segmentation],
    render: Render,
    write: Write,
    most: int | None,
) -> _Result:
    frames = hands = 0
    length = source.length if most is None else min(most, source.length or most)
    bar = tqdm(itertools.islice(source, most), total=length, unit="frame", disable=length == 1)
    try:
        for frame in bar:
            segmentation = answer(frame)
            write(frame, render(frame, segmentation))
            frames += 1
            hands += len(segmentation.hands)
    except KeyboardInterrupt:
        # The way to end a camera; what was written so far is completed and kept.
        bar.write("stopped")
    return _Result(frames, hands)


def _follower(source: FrameSource) -> Follow:
    """Return what numbers hands from frame to frame; pictures need not follow each other."""
    tracker = Tracker()
    if source.live:
        return lambda segmentation: tracker.follow(segmentation, time.monotonic())
    if source.rate is not None:
        times = itertools.count(step=1.0 / source.rate)
        return lambda segmentation: tracker.follow(segmentation, next(times))
    return lambda segmentation: segmentation


def _renderer(options: argparse.Namespace, palette: Palette) -> Render:
    if options.overlay is not None:
        mode = OverlayMode(options.overlay)
        return lambda frame, segmentation: draw_overlay(frame.image, segmentation, mode, palette)
    if options.instances:
        return lambda frame, segmentation: segmentation.instances()
    return lambda frame, segmentation: segmentation.mask()


def _default_path(source: FrameSource, is_overlay: bool) -> Path:
    if source.rate is not None or source.live:
        # Masks are worth a codec without loss; a picture for people is worth a small file.
        return Path("output.mp4" if is_overlay else "output.mkv")
    return Path("output.png" if source.length == 1 else "output")


def _writer(path: Path, source: FrameSource, closing: ExitStack) -> Write:
    suffix = path.suffix.lower()
    if suffix in CODECS:
        video = closing.enter_context(VideoSink(path, source.rate or _UNKNOWN_RATE))
        return lambda frame, picture: video.write(picture)
    if suffix in PICTURE_SUFFIXES:
        if source.length != 1:
            raise MediaError(
                f"the picture '{path}' cannot hold a result for each of many frames: give a "
                "folder, or a video ending in " + ", ".join(CODECS)
            )
        return lambda frame, picture: write_picture(path, picture)
    if suffix:
        raise MediaError(
            f"'{path}' is no kind of file that can be written: give a folder, a picture (.png) or "
            "a video ending in " + ", ".join(CODECS)
        )
    return lambda frame, picture: write_picture(path / f"{frame.name}.png", picture)
