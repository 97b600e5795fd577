"""Signs that a foreign network's settings are wrong, in what it finds in a picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from handseg_ros.model_import.choice import CONVINCING, Choice
from handseg_ros.model_import.trials import Trial

_HALF = 0.5
_CHOOSE = (
    "choose on the sheet of settings, whose captions are what --look takes, and give it with "
    "--look and --force"
)
_ORDER = "give --classes in another order"


def doubts_of(choice: Choice, known: np.ndarray) -> Iterator[str]:
    """Yield a sentence for each sign; `known` is the own model's mask of the picture shown."""
    yield from _mask_doubts(choice.chosen)
    yield from _look_doubts(choice)
    if not known.any():
        yield (
            "the package's own model finds no hand in the picture, so nothing in it could be "
            "compared: give a picture with a hand with --image"
        )


def _look_doubts(choice: Choice) -> Iterator[str]:
    """Yield what is said where another look may be the right one."""
    chosen = choice.chosen
    if len(choice.trials) == 1 or not chosen.scores:
        return
    if choice.rivals:
        close = ", ".join(f"{trial.look} ({trial.likeness:.2f})" for trial in choice.rivals)
        yield (
            f"colours and normalisation are not certain, as {chosen.look} (IoU "
            f"{chosen.likeness:.2f}) and {close} are close: {_CHOOSE}"
        )
    elif chosen.likeness < CONVINCING:
        yield (
            "colours and normalisation are not certain, as no setting finds the hands that are "
            f"known (the best IoU is {max(trial.likeness for trial in choice.trials):.2f}): "
            f"{_CHOOSE}"
        )


def _mask_doubts(trial: Trial) -> Iterator[str]:
    mask = trial.segmentation.mask() > 0
    if not mask.any():
        yield (
            "no hand was found in the picture: look at the other settings on the sheet, or give a "
            "picture like those of the network's training with --image"
        )
    elif mask.mean() > _HALF and _border(mask).mean() > _HALF:
        yield f"the mask looks inverted, it covers {mask.mean():.0%} of the picture: {_turn(trial)}"
    elif trial.inverse > trial.likeness:
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
