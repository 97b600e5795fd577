"""What `handseg train CONFIG.yaml` is asked for."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handseg_ros.datasets.label_options import LabelOptions


@dataclass(frozen=True)
class ConfiguredRequest:
    """A configuration to train by, and the folder of its run.

    `init`, `weights_folder`, `steps` and `batch_size` stand in place of the configuration's
    `initial_weights`, `weights_folder`, `schedule.steps` and `batch_size`; None leaves these.
    """

    config: Path
    out: Path
    threads: int
    workers: int
    labels: LabelOptions
    init: str | None = None
    weights_folder: str | None = None
    steps: int | None = None
    batch_size: int | None = None
