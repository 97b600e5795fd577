"""Labelled sets as commands of `handseg data` take them: whatever `handseg evaluate` reads."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from handseg_ros.cli.bag_arguments import add_bag_options, bag_options
from handseg_ros.cli.label_arguments import add_label_options, label_options
from handseg_ros.cli.reporting import warn
from handseg_ros.datasets.bag.options import BagOptions
from handseg_ros.datasets.frames import Dataset, LabelledFrame, Skipped
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.media.overwriting import check_outside

_KINDS = (
    "a COCO file or its folder, labelme's files, a folder with images/ or videos/ and with masks/, "
    "a video, a rosbag, or a folder of rendered scenes"
)


@dataclass(frozen=True)
class SetOptions:
    """Where labelled sets lie, and how they are read."""

    paths: tuple[Path, ...]
    labels: LabelOptions
    bag: BagOptions

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> SetOptions:
        """Return what was parsed; raises UsageError for options that no set can take."""
        paths = tuple(parsed.paths)
        return cls(paths, label_options(parsed), bag_options(parsed, paths))

    def open(self) -> list[Dataset]:
        """Return the sets; raises MediaError."""
        return [open_dataset(path, self.bag, self.labels) for path in self.paths]

    def open_apart_from(self, out: Path) -> Dataset:
        """Return the only set, of which `out` is no part; raises MediaError."""
        (dataset,) = self.open()
        check_outside(out, self.paths[0], "the set")
        return dataset


def add_set_options(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Add the options of `SetOptions.of`, for one set or, with `several`, for more."""
    parser.add_argument(
        "paths", metavar="PATH", type=Path, nargs="+" if several else 1, help=_KINDS
    )
    add_label_options(parser)
    add_bag_options(parser)


def with_progress(
    frames: Iterable[LabelledFrame], length: int | None, name: str
) -> Iterable[LabelledFrame]:
    """Yield frames with a bar that tells how many were read."""
    return tqdm(frames, total=length, unit="picture", desc=name)


def tell_skipped(skipped: tuple[Skipped, ...]) -> None:
    """Tell how many pictures were left out, the first with its reason."""
    if skipped:
        first = skipped[0]
        warn(f"{len(skipped)} skipped, the first is {first.name}: {first.reason}")
