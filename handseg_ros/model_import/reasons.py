"""Why a foreign network's family, resizing, classes and colours are taken for what they are."""

from __future__ import annotations

from collections.abc import Iterator

from handseg_ros.model_import.choice import CONVINCING, Choice
from handseg_ros.model_import.colour_config import NORMALISATIONS
from handseg_ros.model_import.family_guess import FamilyGuess
from handseg_ros.model_import.guesses import Guess, Wishes, listed, wished
from handseg_ros.model_import.trials import Trial
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
        yield _output_guess(f"outputs.{role}", name, family.others, wishes)


def _output_guess(field: str, name: str, others: tuple[str, ...], wishes: Wishes) -> Guess:
    if name in wishes.outputs:
        return wished(field, name)
    if not others:
        return Guess(field, name, "the output that fits the family")
    return Guess(field, name, f"{listed(others)} would fit too", f"--output {' or '.join(others)}")


def shown_reasons(choice: Choice, wishes: Wishes) -> Iterator[Guess]:
    """Yield the guesses that rest on what the pictures showed: classes and look."""
    chosen = choice.chosen
    if wishes.classes:
        yield wished("classes", wishes.classes)
    else:
        yield Guess("classes", chosen.classes, _reason(chosen, "the usual order"), "--classes")
    look = chosen.look
    reason = _reason(chosen, "the most usual")
    if chosen.likeness >= CONVINCING and len(choice.trials) > 1:
        others = (trial for trial in choice.trials if trial is not chosen)
        second = max(others, key=lambda trial: trial.likeness)
        reason += f", next {second.look} with {second.likeness:.2f}"
    yield _look_guess("input.colour", look.colour, wishes.colour, reason, "--colour")
    if look.normalisation is not None:
        wish = wishes.normalisation or wishes.statistics
        yield _look_guess(
            "normalisation", look.normalisation, wish, reason,
            f"--normalisation {' or '.join(NORMALISATIONS)}, or --mean and --std",
        )  # fmt: skip


def _look_guess(field: str, value: str, wish: object, reason: str, remedy: str) -> Guess:
    return wished(field, value) if wish else Guess(field, value, reason, remedy)


def _reason(trial: Trial, usual: str) -> str:
    if trial.likeness < CONVINCING:
        return f"{usual}, as no setting's masks are like the hands that are known"
    count = len(trial.scores)
    pictures = "the picture" if count == 1 else f"{count} pictures"
    return f"its masks are like the hands that are known in {pictures}, IoU {trial.likeness:.2f}"
