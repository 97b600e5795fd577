"""Why settings of a foreign network are taken for what they are, and signs that they are wrong."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from handseg_ros.model_import.colour_config import NORMALISATIONS
from handseg_ros.model_import.overrides import Overrides, listed, overridden
from handseg_ros.model_import.selection import CONVINCING_IOU, Selection
from handseg_ros.model_import.trials import Trial
from handseg_ros.segmentation.decoders.detection import DecoderMatch, InferredField
from handseg_ros.segmentation.description import InputDescription
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS

_HALF = 0.5
_CHOOSE = (
    "choose on the sheet of settings, whose captions are what --look takes, and give it with "
    "--look and --force"
)
_ORDER = "give --classes in another order"


def output_reasons(
    description: InputDescription, family: DecoderMatch, overrides: Overrides
) -> Iterator[InferredField]:
    """Yield the inferred fields that rest on the outputs' shapes: resizing, family and outputs."""
    if overrides.resize:
        yield overridden("input.resize", description.resize)
    else:
        others = " or ".join(way for way in RESIZE_TRANSFORMS if way != description.resize)
        reason = "the family's usual way, which no graph tells"
        yield InferredField("input.resize", description.resize, reason, f"--resize {others}")
    if overrides.family:
        yield overridden("family", overrides.family)
    else:
        yield InferredField("family", family.family, family.reason, "--family")
    for role, name in family.outputs.items():
        yield _output_field(f"outputs.{role}", name, family.others, overrides)


def _output_field(
    field: str, name: str, others: tuple[str, ...], overrides: Overrides
) -> InferredField:
    if name in overrides.outputs:
        return overridden(field, name)
    if not others:
        return InferredField(field, name, "the output that fits the family")
    return InferredField(
        field, name, f"{listed(others)} would fit too", f"--output {' or '.join(others)}"
    )


def trial_reasons(choice: Selection, overrides: Overrides) -> Iterator[InferredField]:
    """Yield the inferred fields that rest on what the pictures showed: classes and colours."""
    chosen = choice.chosen
    if overrides.classes:
        yield overridden("classes", overrides.classes)
    else:
        yield InferredField(
            "classes", chosen.classes, _reason(chosen, "the usual order"), "--classes"
        )
    colour_config = chosen.colour_config
    reason = _reason(chosen, "the most usual")
    if chosen.iou >= CONVINCING_IOU and len(choice.trials) > 1:
        others = (trial for trial in choice.trials if trial is not chosen)
        second = max(others, key=lambda trial: trial.iou)
        reason += f", next {second.colour_config} with {second.iou:.2f}"
    yield _colour_field("input.colour", colour_config.colour, overrides.colour, reason, "--colour")
    if colour_config.normalisation is not None:
        override = overrides.normalisation or overrides.statistics
        yield _colour_field(
            "normalisation", colour_config.normalisation, override, reason,
            f"--normalisation {' or '.join(NORMALISATIONS)}, or --mean and --std",
        )  # fmt: skip


def _colour_field(
    field: str, value: str, override: object, reason: str, remedy: str
) -> InferredField:
    return overridden(field, value) if override else InferredField(field, value, reason, remedy)


def _reason(trial: Trial, usual: str) -> str:
    if trial.iou < CONVINCING_IOU:
        return f"{usual}, as no setting's masks are like the hands that are known"
    count = len(trial.scores)
    pictures = "the picture" if count == 1 else f"{count} pictures"
    return f"its masks are like the hands that are known in {pictures}, IoU {trial.iou:.2f}"


def find_warnings(choice: Selection, reference: np.ndarray) -> Iterator[str]:
    """Yield a sentence for each sign; `reference` is the own model's mask of the picture shown."""
    yield from _mask_warnings(choice.chosen)
    yield from _colour_warnings(choice)
    if not reference.any():
        yield (
            "the package's own model finds no hand in the picture, so nothing in it could be "
            "compared: give a picture with a hand with --image"
        )


def _colour_warnings(choice: Selection) -> Iterator[str]:
    """Yield what is said where another colour configuration may be the right one."""
    chosen = choice.chosen
    if len(choice.trials) == 1 or not chosen.scores:
        return
    if choice.close_trials:
        close = ", ".join(
            f"{trial.colour_config} ({trial.iou:.2f})" for trial in choice.close_trials
        )
        yield (
            f"colours and normalisation are not certain, as {chosen.colour_config} (IoU "
            f"{chosen.iou:.2f}) and {close} are close: {_CHOOSE}"
        )
    elif chosen.iou < CONVINCING_IOU:
        yield (
            "colours and normalisation are not certain, as no setting finds the hands that are "
            f"known (the best IoU is {max(trial.iou for trial in choice.trials):.2f}): "
            f"{_CHOOSE}"
        )


def _mask_warnings(trial: Trial) -> Iterator[str]:
    mask = trial.segmentation.mask() > 0
    if not mask.any():
        yield (
            "no hand was found in the picture: look at the other settings on the sheet, or give a "
            "picture like those of the network's training with --image"
        )
    elif mask.mean() > _HALF and _border(mask).mean() > _HALF:
        yield f"the mask looks inverted, it covers {mask.mean():.0%} of the picture: {_turn(trial)}"
    elif trial.inverse_iou > trial.iou:
        yield (
            "the mask may be inverted, as what it leaves out is more like the hands that the "
            f"package's own model finds: {_turn(trial)}"
        )


def _turn(trial: Trial) -> str:
    if len(trial.classes) == 1:
        return "a single channel of the background cannot be described, export the network again"
    return _ORDER


def _border(mask: np.ndarray) -> np.ndarray:
    return np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
