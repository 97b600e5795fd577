"""What an import leaves beside the foreign model file: its description and two pictures."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handseg_ros.evaluation.contact_sheet import make_tile, write_sheet
from handseg_ros.media.atomic_files import write_text
from handseg_ros.media.sinks import write_picture
from handseg_ros.model_import.foreign_model import ForeignModel
from handseg_ros.model_import.trials import Trial
from handseg_ros.segmentation.description import GUIDE
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.overlay import OverlayMode, draw_overlay

_COLUMNS = 5


@dataclass(frozen=True)
class ImportFiles:
    """The description, the overlay of the chosen setting, and the sheet of all settings."""

    description: Path
    overlay: Path
    sheet: Path

    @classmethod
    def of(cls, model: Path) -> ImportFiles:
        """Return the files' places beside a model file."""
        stem = model.with_suffix("")
        return cls(
            model.with_suffix(".yaml"),
            stem.with_name(f"{stem.name}_overlay.png"),
            stem.with_name(f"{stem.name}_settings.png"),
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return all that is written."""
        return self.description, self.overlay, self.sheet

    def write(self, model: ForeignModel, picture: np.ndarray) -> None:
        """Write all of them; `picture` is the BGR one that was tried on. Raises MediaError."""
        overlay = draw_overlay(picture, model.chosen.segmentation, OverlayMode.INSTANCES)
        write_picture(self.overlay, overlay)
        write_sheet([_tile(trial, model, picture) for trial in model.trials], self.sheet, _COLUMNS)
        reasons = "".join(f"# {line}\n" for line in (*model.inferred_fields, *model.warnings))
        text = f"# Guessed; what the fields mean: {GUIDE}\n{reasons}{model.description.to_yaml()}"
        write_text(self.description, text)


def check_new(file: Path) -> None:
    """Raise MediaError when a file is there already."""
    if file.exists():
        raise MediaError(f"'{file}' exists already: give --force to overwrite it")


def _tile(trial: Trial, model: ForeignModel, picture: np.ndarray) -> np.ndarray:
    mark = " (chosen)" if trial is model.chosen else ""
    found = trial.segmentation
    # Hands in the sheet's colour of what was found, objects in its other one.
    return make_tile(
        picture,
        [found.object_mask() > 0],
        [found.mask() > 0],
        f"{trial.colour_config} {trial.iou:.2f}{mark}",
    )
