"""What a fine-tuning is asked for: plain values, read without PyTorch."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from handseg_ros.curation.holding_out import SplitBy
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.segmentation.package_files import package_folder

MIX = "training_pictures"


@dataclass(frozen=True)
class FineTuningRequest:
    """A model, a labelled set, and where the run goes.

    `model` is a name or a file. `held_out` is a set to judge by, None to hold a part of `data`
    out (`split_by` None: found out). `mix` are sets that are mixed in, so that the model does not
    forget what it knows, in `mix_share` of the pictures. `width` and `height` are 0 for the model's
    own input, `name` is '' for one after the model's.
    """

    model: str
    data: Path
    out: Path
    held_out: Path | None = None
    split_by: SplitBy | None = None
    held_out_share: float = 0.2
    mix: tuple[Path, ...] = ()
    mix_share: float = 0.5
    steps: int = 300
    batch_size: int = 8
    learning_rate: float = 3e-4
    width: int = 0
    height: int = 0
    seed: int = 0
    name: str = ""
    data_licence: str = "not told"
    threads: int = 2
    workers: int = 1
    labels: LabelOptions = field(default_factory=LabelOptions)


def shipped_mix() -> tuple[Path, ...]:
    """Return the rendered pictures that come with the package; none where it lacks them."""
    folder = package_folder(f"assets/{MIX}", "images/*.jpg")
    return () if folder is None else (folder,)
