"""A contact sheet of the frames at which a model fails most: `handseg evaluate --failures`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from handseg_ros.datasets.frames import Dataset
from handseg_ros.evaluation.contact_sheet import make_tile, write_sheet
from handseg_ros.evaluation.metrics.results import Results
from handseg_ros.evaluation.report.gallery import chosen_frames, decoded_masks, target_masks
from handseg_ros.evaluation.runner.records import FrameRecord

WORST = 24
MOST_MARKED = 12


def write_failures(
    file: Path, results: Results, dataset: Dataset, records: Iterable[FrameRecord]
) -> None:
    """Draw the frames of the lowest IoU, worst first, then the hand-free ones marked most.

    They are the first model's. Raises MediaError where the file cannot be written.
    """
    captions = _captions(results)
    tiles: dict[str, np.ndarray] = {}
    chosen = {record.name: record for record in records if record.name in captions}
    for frame in chosen_frames(dataset, set(captions)):
        record = chosen[frame.name]
        found = decoded_masks(record.found_runs(0))
        tiles[frame.name] = make_tile(
            frame.image, target_masks(record), found, captions[frame.name]
        )
    if tiles:
        write_sheet([tiles[name] for name in captions], file)


def _captions(results: Results) -> Mapping[str, str]:
    """Return the frames in the order of the sheet, and what is written below each."""
    worst = sorted(results.frames, key=lambda item: (item.ious[0], item.name))[:WORST]
    marked = sorted(results.marked, key=lambda item: (-item.shares[0], item.name))[:MOST_MARKED]
    return {
        **{item.name: f"IoU {item.ious[0]:.2f}  {item.name}" for item in worst},
        **{
            item.name: f"marked {item.shares[0]:.1%}  {item.name}"
            for item in marked
            if item.shares[0]
        },
    }
