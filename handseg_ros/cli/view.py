"""`handseg view`: what is found in a camera, a video, a folder or a bag, in the browser."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handseg_ros.bags.bag_format import check_rosbags, is_bag
from handseg_ros.cli.camera_options import CameraOptions, add_camera_options
from handseg_ros.cli.capture_options import PageCaptureOptions, add_page_capture_options
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.foxglove_options import FoxgloveOptions, add_foxglove_options
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.number_types import bounded
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.service import add_service_options, serve, service_options
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.media.frames import FrameSource
from handseg_ros.media.sources import open_source
from handseg_ros.segmentation.package_files import package_folder
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.segmentation.user_path import user_path
from handseg_ros.web.options import ServiceOptions

if TYPE_CHECKING:
    from handseg_ros.web.foxglove.server import FoxgloveServer
    from handseg_ros.web.live.player import Player

_EXAMPLES = """examples:
  handseg view 0                 a webcam, at http://127.0.0.1:5000
  handseg view clip.mp4          a video, again and again
  handseg view photos --rate 0.5 a folder, a picture every two seconds
  handseg view drive.mcap        a rosbag's images; of several topics --topic chooses one
  handseg view 0 --capture sets  with buttons that store backgrounds and frames
  handseg view 0 --foxglove      in Foxglove too, at ws://127.0.0.1:8765

The page lets model, thresholds and drawing be changed while it runs: docs/live-page.md."""
_LAYOUT = "foxglove_layout.json"


@dataclass(frozen=True)
class ViewOptions:
    """What is shown, by which model, and where; `rate` is that of sources that tell none, in Hz.

    `topic` is None where a bag's only camera is meant, `foxglove` where Foxglove is not served.
    """

    source: str
    topic: str | None
    rate: float
    capture: PageCaptureOptions
    inference: InferenceOptions
    service: ServiceOptions
    camera: CameraOptions
    foxglove: FoxgloveOptions | None

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> ViewOptions:
        """Return what was parsed."""
        return cls(
            parsed.source,
            parsed.topic,
            parsed.rate,
            PageCaptureOptions.of(parsed),
            InferenceOptions.of(parsed),
            service_options(parsed),
            CameraOptions.of(parsed),
            FoxgloveOptions.of(parsed),
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `view`."""
    parser = commands.add_parser(
        "view", help="show a camera's or a video's hands in the browser", epilog=_EXAMPLES
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a camera's number or device, a video, a picture, a folder of pictures or a rosbag",
    )
    parser.add_argument("--topic", help="the images' topic, where a rosbag has several")
    parser.add_argument(
        "--rate",
        type=bounded(0.01, 1000.0),
        default=1.0,
        metavar="HZ",
        help="pictures a second of a folder (default: %(default)g)",
    )
    add_page_capture_options(parser)
    add_camera_options(parser)
    add_foxglove_options(parser)
    add_service_options(parser)
    add_model_options(parser)
    parser.set_command(ViewOptions.of, _view)


def _view(options: ViewOptions) -> None:
    player = import_with_extra("handseg_ros.web.live.player", "web", "the page")
    source = _opened(options.source, options.topic)
    if source.left_out:
        warn(f"{len(source.left_out)} file(s) are left out, the first: {source.left_out[0]}")
    inference = options.inference

    def load(model: str) -> Segmenter:
        return replace(inference, model=replace(inference.model, model=model)).load()

    name = _name(options.source)
    foxglove = None
    if options.foxglove is not None:
        foxglove = options.foxglove.server(f"handseg view {name}", options.camera)
    shown = player.Player(
        player.Played(name, source, options.rate),
        inference.thresholds,
        load,
        inference.model.model,
        options.capture.control(),
        [] if foxglove is None else [foxglove],
        options.camera.played_depth(),
    )
    running = shown.running() if foxglove is None else _with_foxglove(shown, foxglove)
    serve(inference, options.service, running)


@contextmanager
def _with_foxglove(player: Player, foxglove: FoxgloveServer) -> Iterator[Player]:
    """Play until the context ends, and tell where Foxglove finds it."""
    with foxglove.running(player.state) as address, player.running():
        folder = package_folder("config", _LAYOUT)
        layout = "" if folder is None else f", its layout is {folder / _LAYOUT}"
        print(f"Foxglove connects to {address}{layout}", flush=True)
        yield player


def _opened(source: str, topic: str | None) -> FrameSource:
    """Return the source that is meant; raises UsageError for a topic of what has none."""
    path = user_path(source)
    if is_bag(path):
        check_rosbags()
        from handseg_ros.bags.frame_source import BagSource

        return BagSource(path, topic)
    if topic is not None:
        raise UsageError(f"'{source}' is no rosbag, so --topic says nothing of it: leave it out")
    return open_source(source)


def _name(source: str) -> str:
    return f"camera {source}" if source.isdecimal() else source
