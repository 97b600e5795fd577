"""`handseg replay`: a bag played through the real node, and what a robot would have seen."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from handseg_ros.bags.presence import check_rosbags
from handseg_ros.cli.model_options import add_node_options, node_parameters
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.stopping import stop_on_interrupt
from handseg_ros.media.sinks import not_written
from handseg_ros.segmentation.errors import MediaError

if TYPE_CHECKING:
    from handseg_ros.live.figures import LiveFigures, Spread


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command `replay`."""
    parser = commands.add_parser(
        "replay",
        help="play a bag through the real node and measure what a robot would see",
        description="Play a bag's images through the real node over DDS, at the bag's own pace, "
        "and tell which are answered, how late, and how old the answers are",
    )
    parser.add_argument("bag", metavar="BAG", type=Path, help="a rosbag2: its folder or its file")
    parser.add_argument("--topic", help="the images' topic, where the bag has several")
    parser.add_argument(
        "--rate", type=_rate, default=1.0, help="how fast to play: 2 is twice as fast as life"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FIGURES.json", help="a file to write the figures to"
    )
    add_node_options(parser)
    parser.set_defaults(action=_replay)


def _rate(text: str) -> float:
    rate = float(text)
    if not 0.01 <= rate <= 100:
        raise argparse.ArgumentTypeError("must be from 0.01 to 100")
    return rate


def _replay(options: argparse.Namespace) -> None:
    check_rosbags()
    _check_ros()
    from handseg_ros.bags.bag import Bag
    from handseg_ros.bags.images import choose_image_topic
    from handseg_ros.live.figures import LiveFigures
    from handseg_ros.live.replaying import Replay, replay

    with Bag(options.bag) as bag, stop_on_interrupt() as stop:
        topic = choose_image_topic(bag, options.topic)
        wanted = Replay(topic, options.rate, node_parameters(options))
        seen = replay(
            bag,
            wanted,
            lambda messages: tqdm(stop.before(messages), total=topic.count or None, unit="image"),
        )
        for sentence in bag.damage:
            warn(sentence)
    if not seen.sent:
        raise MediaError(f"no image of {topic.name} can be played: record the bag again")
    figures = LiveFigures.of(seen)
    print(_table(figures))
    if options.out is not None:
        _write(options.out, figures)
    if stop.asked:
        raise KeyboardInterrupt


def _check_ros() -> None:
    try:
        import rclpy  # noqa: F401
    except ImportError as error:
        raise MediaError(
            f"a bag cannot be replayed without ROS 2 ({error}): source a ROS installation, or "
            "install this package with pip, which brings ROS along"
        ) from error


def _table(figures: LiveFigures) -> str:
    rate = "unknown" if figures.rate is None else f"{figures.rate:.1f} Hz"
    lines = [
        f"images                     {figures.images}",
        f"answered                   {figures.answered} ({rate})",
        f"dropped                    {figures.dropped}",
        f"answers of unknown stamp   {figures.strangers}",
        f"latency (ms)               {_spread(figures.latency)}",
        f"age at publication (ms)    {_spread(figures.age)}",
        f"sent too late by (ms)      at most {figures.late:.1f}",
    ]
    if figures.unreadable:
        lines.insert(1, f"not readable, not sent     {figures.unreadable}")
    if figures.repeated:
        lines.insert(1, f"of a stamp seen before     {figures.repeated}")
    return "\n".join(lines)


def _spread(spread: Spread) -> str:
    if spread.median is None:
        return "no answer"
    return (
        f"median {spread.median:.1f}, 90 % below {spread.p90:.1f}, 99 % below {spread.p99:.1f}, "
        f"largest {spread.largest:.1f}"
    )


def _write(path: Path, figures: LiveFigures) -> None:
    try:
        path.write_text(json.dumps(figures.content(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise not_written(path, error) from error
