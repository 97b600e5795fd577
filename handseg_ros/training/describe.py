"""The description that a trained model carries."""

from __future__ import annotations

from collections.abc import Mapping

from handseg_ros.segmentation.description import InputDescription, ModelDescription, Thresholds
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.datasets import SOURCES
from handseg_ros.training.network import STRIDE

MULTIPLE_OF = 32
RENDERED = {"name": "rendered people (this project)", "licence": "Apache-2.0"}
ENCODER = {"name": "encoder: EfficientNet-Lite0, ImageNet weights", "licence": "Apache-2.0"}


def describe(config: TrainingConfig, scores: Mapping[str, float]) -> ModelDescription:
    """Return the description of the model that a configuration makes, with its figures."""
    said = config.description
    chosen = (SOURCES[name] for name in SOURCES if name in config.sources)
    sources = [{"name": source.title, "licence": source.licence} for source in chosen]
    return ModelDescription(
        name=str(said["name"]),
        version=str(said["version"]),
        family="bottom_up",
        classes=("background", "hand"),
        input=InputDescription(
            name="image",
            layout="NHWC",
            dtype="uint8",
            colour="RGB",
            width=int(said.get("width", config.width)),
            height=int(said.get("height", config.height)),
            multiple_of=MULTIPLE_OF,
            resize="letterbox",
        ),
        outputs={"maps": "maps"},
        stride=STRIDE,
        thresholds=Thresholds(**said["thresholds"]),
        licence=str(said["licence"]),
        data_licence=str(said["data_licence"]),
        training_data=(RENDERED, *sources, ENCODER),
        scores=scores,
        intended_use=str(said["intended_use"]).strip(),
        limits=str(said["limits"]).strip(),
    )
