"""What a fine-tuning's request comes to: a training configuration, and the new model's facts."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

from handseg_ros.segmentation.description import ModelDescription
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.augmentation import CropConfig
from handseg_ros.training.config import DescriptionConfig, Schedule, TrainingConfig
from handseg_ros.training.finetuning.request import FineTuningRequest
from handseg_ros.training.losses import LossWeights
from handseg_ros.training.optimisation import Optimisation
from handseg_ros.training.sample_generator import MixConfig
from handseg_ros.training.scales import MULTIPLE

FAMILY = "bottom_up"
# Shares of the pictures of one kind that show the whole, and a part around a hand.
_WHOLE, _CLOSE, _HAND_FREE = 0.6, 0.25, 0.15


def configure(
    request: FineTuningRequest, start: ModelDescription, processes: int
) -> TrainingConfig:
    """Return the configuration for so many processes.

    Raises ModelError for a model of another family or a bad size.

    The normalisations are folded and the first stages of the encoder stay, as their weights are
    trained already and cost most; the rate is a third of a training's from ImageNet's weights.
    """
    if start.family != FAMILY:
        raise ModelError(
            f"model '{start.title}' is of the family {start.family}, and fine-tuning knows "
            f"{FAMILY} alone: start from hands, hands_clean, hands_fast or a file made of them"
        )
    width, height = request.width or start.input.width, request.height or start.input.height
    if width % MULTIPLE or height % MULTIPLE:
        raise ModelError(f"the size {width}x{height} has a side that is no multiple of {MULTIPLE}")
    return TrainingConfig(
        name=new_name(request, start),
        seed=request.seed,
        height=height,
        width=width,
        batch_size=request.batch_size,
        sources=(),
        fold_batch_norm=True,
        frozen_stages=2,
        schedule=Schedule(
            steps=request.steps,
            warmup_steps=max(1, request.steps // 15),
            decay_steps=max(1, request.steps * 2 // 3),
            learning_rate=request.learning_rate,
            ema_decay=0.98,
        ),
        mix=_mix(request),
        optimisation=Optimisation(accumulation=processes),
        loss=LossWeights(mask=2.0, dice=1.5, centre=0.6, offset=0.4, side=1.0),
        description=DescriptionConfig(
            name=new_name(request, start),
            version="1",
            licence=start.licence,
            data_licence=request.data_licence,
            thresholds=start.thresholds,
            intended_use=start.intended_use,
            limits=start.limits,
            width=width,
            height=height,
        ),
    )


def new_name(request: FineTuningRequest, start: ModelDescription) -> str:
    """Return the name of the model that comes out."""
    return request.name or f"{start.name}_finetuned"


def describe_finetuned(
    request: FineTuningRequest, start: ModelDescription, config: TrainingConfig, titles: list[str]
) -> ModelDescription:
    """Return the new model's description: the start's, with what it learned from since.

    The start's figures are left out, as they are not the new model's.
    """
    added = tuple({"name": title, "licence": request.data_licence} for title in titles)
    return replace(
        start,
        name=config.name,
        version=config.description.version,
        data_licence=request.data_licence,
        input=replace(start.input, width=config.width, height=config.height),
        training_data=(*start.training_data, *added),
        scores={},
    )


def _mix(request: FineTuningRequest) -> MixConfig:
    own, mixed = 1 - request.mix_share, request.mix_share
    weights = {"own": own * (_WHOLE + _HAND_FREE), "own_close": own * _CLOSE}
    if request.mix and mixed > 0:
        weights |= {
            "rendered": mixed * _WHOLE,
            "rendered_close": mixed * _CLOSE,
            "rendered_hand_free": mixed * _HAND_FREE,
        }
    return MixConfig(weights=weights, mosaic=0.06, blur=0.25, crop=CropConfig(zoom=(0.8, 2.0)))
