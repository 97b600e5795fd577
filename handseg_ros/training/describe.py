"""The description that a trained model carries."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping

from handseg_ros.segmentation.description import InputDescription, ModelDescription
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.data_sources import SOURCES
from handseg_ros.training.targets import STRIDE

MULTIPLE_OF = 32
RENDERED = {"name": "rendered people (this project)", "licence": "Apache-2.0"}
ENCODER = {"name": "encoder: EfficientNet-Lite0, ImageNet weights", "licence": "Apache-2.0"}


def describe(config: TrainingConfig, scores: Mapping[str, float]) -> ModelDescription:
    """Return the description of the model that a configuration makes, with its figures."""
    metadata = config.description
    chosen = (SOURCES[name] for name in SOURCES if name in config.sources)
    sources = [{"name": source.title, "licence": source.licence} for source in chosen]
    if config.side_head is not None:
        taught = config.side_head.taught.items()
        sources += [{"name": name, "licence": licence} for name, licence in taught]
    return ModelDescription(
        name=metadata.name,
        version=metadata.version,
        family="bottom_up",
        classes=("background", "hand"),
        input=InputDescription(
            name="image",
            layout="NHWC",
            dtype="uint8",
            colour="RGB",
            width=metadata.width or config.width,
            height=metadata.height or config.height,
            multiple_of=MULTIPLE_OF,
            resize="letterbox",
        ),
        outputs={"maps": "maps"},
        stride=STRIDE,
        thresholds=metadata.thresholds,
        licence=metadata.licence,
        data_licence=metadata.data_licence,
        training_data=(RENDERED, *sources, ENCODER),
        scores=scores,
        intended_use=metadata.intended_use.strip(),
        limits=metadata.limits.strip(),
    )
