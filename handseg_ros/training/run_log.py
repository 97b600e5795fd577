"""What a run tells while it goes on: lines of JSON and CSV, and TensorBoard's event files."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from handseg_ros.media.atomic_files import write_text

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

LINES, TABLE, VALIDATION, EVENTS = "log.jsonl", "log.csv", "validation.csv", "tensorboard"


class RunLog:
    """The logs of a run's folder, to go on after step `step`: what is of later steps is dropped.

    A run that was killed has logged steps that it will take again.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._folder = folder
        self._events: SummaryWriter | None = None
        for name in (LINES, TABLE, VALIDATION):
            if (folder / name).exists():
                _drop_later(folder / name, step)

    def add(self, step: int, values: Mapping[str, float], table: str = TABLE) -> None:
        """Append the values of a step to the lines, to a table, and to TensorBoard's."""
        with (self._folder / LINES).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"step": step, **values}) + "\n")
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not (self._folder / table).exists():
            writer.writerow(["step", *values])
        writer.writerow([step, *(f"{value:.6g}" for value in values.values())])
        with (self._folder / table).open("a", encoding="utf-8") as file:
            file.write(text.getvalue())
        events = self._opened_events()
        for name, value in values.items():
            events.add_scalar(name, value, step)
        events.flush()

    def add_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        """Show a picture, uint8 (H, W, 3), RGB, in TensorBoard."""
        self._opened_events().add_image(name, picture, step, dataformats="HWC")

    def close(self) -> None:
        """Write what is not written yet."""
        if self._events is not None:
            self._events.close()

    def _opened_events(self) -> SummaryWriter:
        # Each start has a file of its own: where steps are taken again, the later file counts.
        if self._events is None:
            # It takes seconds to load, which commands that do not train need not wait for.
            from tensorboardX import SummaryWriter

            suffix = f".{time.time_ns()}"
            self._events = SummaryWriter(str(self._folder / EVENTS), filename_suffix=suffix)
        return self._events


def _drop_later(file: Path, step: int) -> None:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.endswith("\n") and _step_of(line) <= step]
    if len(kept) < len(lines):
        write_text(file, "".join(kept))


def _step_of(line: str) -> int:
    """Return the step that a line tells of, 0 for a header."""
    if line.startswith("{"):
        return int(json.loads(line)["step"])
    first = line.partition(",")[0]
    return int(first) if first.isdigit() else 0
