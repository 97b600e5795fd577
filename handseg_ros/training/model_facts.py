"""What the model file of a configuration says of itself beside what its network decides."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.networks.task import ModelFacts


def model_facts(config: TrainingConfig) -> ModelFacts:
    """Return the facts of a model that learned from the configuration's labelled sets."""
    told = config.description
    sets = () if config.data is None else config.data.train
    return ModelFacts(
        name=told.name,
        version=told.version,
        licence=told.licence,
        data_licence=told.data_licence,
        thresholds=told.thresholds,
        width=told.width or config.width,
        height=told.height or config.height,
        training_data=tuple(
            {"name": Path(path).name, "licence": told.data_licence} for path in sets
        ),
        intended_use=told.intended_use,
        limits=told.limits,
    )
