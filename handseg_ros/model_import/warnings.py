"""Signs that a foreign network's settings are wrong, in what it finds in a picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from handseg_ros.model_import.selection import CONVINCING_IOU, Selection
from handseg_ros.model_import.trials import Trial

_HALF = 0.5
_CHOOSE = (
    "choose on the sheet of settings, whose captions are what --look takes, and give it with "
    "--look and --force"
)
_ORDER = "give --classes in another order"


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
