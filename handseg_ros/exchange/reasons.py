"""Why a foreign network's family, resizing, classes and colours are taken for what they are."""

from __future__ import annotations

from collections.abc import Iterator

from handseg_ros.exchange.family_guess import FamilyGuess
from handseg_ros.exchange.guesses import Guess, Wishes, wished
from handseg_ros.exchange.looks import NORMALISATIONS
from handseg_ros.exchange.trials import CONVINCING, Trial, best
from handseg_ros.segmentation.description import InputDescription
from handseg_ros.segmentation.geometry import PLACEMENTS


def told_reasons(told: InputDescription, family: FamilyGuess, wishes: Wishes) -> Iterator[Guess]:
    """Yield the guesses that rest on the outputs' shapes: resizing, family and outputs."""
    if wishes.resize:
        yield wished("input.resize", told.resize)
    else:
        others = " or ".join(way for way in PLACEMENTS if way != told.resize)
        why = "the family's usual way, which no graph tells"
        yield Guess("input.resize", told.resize, why, f"--resize {others}")
    if wishes.family:
        yield wished("family", wishes.family)
    else:
        yield Guess("family", family.family, family.why, "--family")
    for role, name in family.outputs.items():
        yield Guess(f"outputs.{role}", name, "the output that fits the family")


def shown_reasons(trials: list[Trial], wishes: Wishes) -> Iterator[Guess]:
    """Yield the guesses that rest on what the picture showed: classes and look."""
    chosen, usual = best(trials), trials[0]
    if wishes.classes:
        yield wished("classes", wishes.classes)
    else:
        yield Guess("classes", chosen.classes, _reason(chosen, "the usual order"), "--classes")
    look = chosen.look
    others = sorted(trials, key=lambda trial: -trial.likeness)
    second = next((trial for trial in others if trial is not chosen), None)
    reason = "the most usual" if chosen is usual else "the usual one is less like it"
    reason = _reason(chosen, reason)
    if second is not None and chosen.likeness:
        reason += f", next best {second.look} with {second.likeness:.2f}"
    yield _look_guess("input.colour", look.colour, wishes.colour, reason, "--colour")
    if look.normalisation is not None:
        yield _look_guess(
            "normalisation", look.normalisation, wishes.normalisation, reason,
            f"--normalisation {' or '.join(NORMALISATIONS)}",
        )  # fmt: skip


def _look_guess(field: str, value: str, wish: str | None, reason: str, remedy: str) -> Guess:
    return wished(field, value) if wish else Guess(field, value, reason, remedy)


def _reason(trial: Trial, usual: str) -> str:
    if trial.likeness < CONVINCING:
        return f"{usual}, as no setting's mask is like that of the package's own model"
    return f"its mask is like that of the package's own model, IoU {trial.likeness:.2f}"
