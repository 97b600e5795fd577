"""What a report is about, beside its figures."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

from handseg_ros.datasets.frames import Skipped
from handseg_ros.evaluation.runner.store import ModelIdentity


@dataclass(frozen=True)
class Subject:
    """The set's title, the models in their order, and what of the set could not be used.

    `notes` are sentences on how its labels were read, where they were not taken as they are;
    `warnings` tell that the labels are a model's own.
    """

    title: str
    models: tuple[ModelIdentity, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Return a short name of each model; those of one name and version are numbered."""
        plain = [f"{model.name} {model.version}" for model in self.models]
        return tuple(
            f"{label} ({plain[: index + 1].count(label)})" if plain.count(label) > 1 else label
            for index, label in enumerate(plain)
        )
