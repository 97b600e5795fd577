"""`handseg latency`: a bag played through the real node, and what a robot would see."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from handseg_ros.bags.bag_format import check_rosbags, is_bag
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.interrupts import StopRequest, stop_on_interrupt
from handseg_ros.cli.model_options import ModelsOptions, add_models_options
from handseg_ros.cli.number_types import bounded
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.media.overwriting import check_outside
from handseg_ros.segmentation.errors import MediaError

if TYPE_CHECKING:
    from handseg_ros.bags.bag import Bag, BagTopic, Recorded
    from handseg_ros.latency.report import LatencyReport, ModelRun


@dataclass(frozen=True)
class LatencyOptions:
    """The bag to play, how fast, to which models, and the folder of the report.

    `topic` is None where the bag's only camera is meant; a `rate` of 2 is twice as fast as life.
    """

    bag: Path
    out: Path
    topic: str | None
    rate: float
    models: ModelsOptions


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `latency`."""
    parser = commands.add_parser(
        "latency",
        help="play a bag through the node and measure latency and dropped images",
        description="Play a rosbag through the real node over DDS, at its own pace, and measure "
        "latency, age and dropped images; docs/evaluation.md tells what each means",
    )
    parser.add_argument("bag", metavar="BAG", type=Path, help="a rosbag2: its folder or its file")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write the report to"
    )
    parser.add_argument("--topic", help="the images' topic, where the bag has several")
    parser.add_argument(
        "--rate",
        type=bounded(0.01, 100),
        default=1.0,
        help="how fast to play: 2 is twice as fast as life (default: %(default)g)",
    )
    add_models_options(parser)
    parser.set_command(_parsed, _measure)


def _parsed(parsed: argparse.Namespace) -> LatencyOptions:
    """Return what was parsed; raises UsageError for what is there and no bag."""
    if parsed.bag.exists() and not is_bag(parsed.bag):
        raise UsageError(
            f"'{parsed.bag}' is no rosbag, which alone can be played: score it with handseg "
            "evaluate"
        )
    return LatencyOptions(
        parsed.bag, parsed.out, parsed.topic, parsed.rate, ModelsOptions.of(parsed)
    )


def _measure(options: LatencyOptions) -> None:
    """Play the bag to every model in turn, print the metrics and write the report."""
    check_outside(options.out, options.bag, "the bag")
    check_rosbags()
    _check_ros()
    from handseg_ros.bags.bag import Bag
    from handseg_ros.bags.camera_topic import choose_image_topic
    from handseg_ros.evaluation.report.pages import check_can_write
    from handseg_ros.latency.report import HTML, LatencyReport, report_folder, write_latency_report

    check_can_write()
    with Bag(options.bag) as bag, stop_on_interrupt() as stop:
        topic = choose_image_topic(bag, options.topic)
        labels = [segmenter.description.title for segmenter in options.models.load()]
        with report_folder(options.out):
            played = _play(bag, topic, labels, options, stop)
            report = LatencyReport(bag.name, topic.name, options.rate, played)
            write_latency_report(options.out, report)
        for sentence in bag.damage:
            warn(sentence)
    _print(report, options.out / HTML)
    if stop.asked:
        raise KeyboardInterrupt


def _play(
    bag: Bag, topic: BagTopic, labels: list[str], options: LatencyOptions, stop: StopRequest
) -> tuple[ModelRun, ...]:
    """Return what was seen with each model; those after a Ctrl-C are left out."""
    from handseg_ros.latency.playback import Playback, play
    from handseg_ros.latency.report import ModelRun

    def watched(messages: Iterable[Recorded], label: str) -> Iterable[Recorded]:
        shown: Iterable[Recorded] = tqdm(
            stop.before(messages), desc=label, total=topic.count or None, unit="image"
        )
        return shown

    played: list[ModelRun] = []
    for label, parameters in zip(labels, options.models.node_parameters(), strict=True):
        if stop.asked:
            break
        wanted = Playback(topic, options.rate, parameters)
        seen = play(bag, wanted, partial(watched, label=label))
        if not seen.sent:
            raise MediaError(f"no image of {topic.name} can be played: record the bag again")
        played.append(ModelRun(label, seen))
    return tuple(played)


def _check_ros() -> None:
    try:
        import rclpy  # noqa: F401
    except ImportError as error:
        raise MediaError(
            f"a bag cannot be played without ROS 2 ({error}): source a ROS installation, or "
            "install this package with pip, which brings ROS along"
        ) from error


def _print(report: LatencyReport, page: Path) -> None:
    from handseg_ros.latency.table import rows_of

    rows = rows_of([item.figures for item in report.played])
    for index, label in enumerate(report.labels):
        print(label)
        for row in rows:
            cell = row.cells[index]
            print(f"  {row.title}: {cell.text}{f' ({cell.note})' if cell.note else ''}")
    print(f"report: {page}")
