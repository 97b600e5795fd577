"""Options that tell what of a rosbag, or of a video, is taken."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from handseg_ros.bags.bag_format import is_bag
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.datasets.bag.options import BagOptions, GroundTruthTopicNames
from handseg_ros.datasets.video import is_video


def add_bag_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `bag_options`."""
    bag = parser.add_argument_group("for rosbags and videos")
    bag.add_argument("--topic", help="the images' topic, where the bag has several")
    bag.add_argument(
        "--masks",
        type=Path,
        metavar="FOLDER",
        help="masks named by stamp, in place of topics; of a video: by its frames' numbers",
    )
    for kind in ("masks", "hands", "objects"):
        bag.add_argument(
            f"--truth-{kind}",
            metavar="TOPIC",
            help=f"labels: the topic of {kind} (default: one below /ground_truth)",
        )


def bag_options(parsed: argparse.Namespace, sets: Sequence[Path]) -> BagOptions:
    """Return what was parsed; raises UsageError where none of the sets can take it."""
    names = GroundTruthTopicNames(parsed.truth_masks, parsed.truth_hands, parsed.truth_objects)
    chosen = BagOptions(parsed.topic, names, parsed.masks)
    for path in sets:
        fitting = BagOptions(masks=parsed.masks) if is_video(path) else BagOptions()
        if chosen == fitting or not path.exists() or is_bag(path):
            return chosen
    raise UsageError(
        f"'{sets[0]}' is no rosbag, so --topic and --truth-... say nothing of it, nor does "
        "--masks but for a video: leave them out"
    )
