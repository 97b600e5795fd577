"""A foreign network gets its description: what the graph tells, what trying it out tells, why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from handseg_ros.exchange.doubts import doubts_of
from handseg_ros.exchange.families import guess_family
from handseg_ros.exchange.family_guess import FamilyGuess, Orders
from handseg_ros.exchange.graph_facts import ForeignGraph, read_graph
from handseg_ros.exchange.guesses import Guess, Resize, Wishes, wished
from handseg_ros.exchange.input_guess import guess_input
from handseg_ros.exchange.looks import Look, looks, usual_normalisation
from handseg_ros.exchange.reasons import shown_reasons, told_reasons
from handseg_ros.exchange.trials import Bench, Trial, best
from handseg_ros.segmentation.description import (
    InputDescription,
    ModelDescription,
    Thresholds,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.segmentation.session import load_described

_THRESHOLDS = Thresholds(score=0.5, mask=0.5, minimum_area=0.0005)
_NO_LICENCE = "unknown"


@dataclass(frozen=True)
class ForeignModel:
    """A foreign network's description with the reason for each guess.

    `trials` are all looks that were tried on the picture, `chosen` is the one of the description;
    `doubts` are sentences on what may be wrong.
    """

    description: ModelDescription
    guesses: tuple[Guess, ...]
    trials: tuple[Trial, ...]
    chosen: Trial
    doubts: tuple[str, ...]


def describe_foreign(
    path: Path, picture: np.ndarray, wishes: Wishes, background: np.ndarray | None = None
) -> ForeignModel:
    """Guess the description of a network by its graph and what it finds in a picture.

    `picture` is uint8 (height, width, 3), BGR, and `background` the same scene without hands, for
    networks that compare the two. Raises ModelError when the network cannot be described, or not
    as wished for, and BackgroundError when the two pictures differ in size.
    """
    graph = read_graph(path)
    _check_wishes(graph, wishes, background)
    image = guess_input(graph, wishes)
    usual = usual_normalisation(image.told.layout)
    ways = looks(graph.dtype, usual, wishes.colour, wishes.normalisation)
    answers = [graph.run(look.of(image.told), picture, background) for look in ways]
    family = guess_family(answers, image.told, wishes)
    ways = looks(graph.dtype, family.usual or usual, wishes.colour, wishes.normalisation)
    told = _resized(path, image.told, wishes.resize or family.resize)
    details = _details(family, wishes)
    described = _described(path, told, family, details, wishes)
    known = Segmenter.load().segment(picture).mask()
    bench = Bench(load_described(path, described), picture, background, known)
    trials = _tried(bench, ways, family.orders if wishes.classes is None else (wishes.classes,))
    chosen = best(trials)
    guesses = (
        *image.guesses,
        *told_reasons(told, family, wishes),
        *details,
        *shown_reasons(trials, wishes),
    )
    final = _described(path, chosen.look.of(told), family, details, wishes, chosen.classes)
    doubts = (*doubts_of(chosen, known), *_licence_doubts(wishes))
    return ForeignModel(final, guesses, tuple(trials), chosen, doubts)


def _check_wishes(graph: ForeignGraph, wishes: Wishes, background: np.ndarray | None) -> None:
    if graph.dtype == "uint8" and wishes.normalisation is not None:
        raise ModelError(
            f"model file {graph.path} takes bytes, which are not normalised: leave "
            "--normalisation out"
        )
    if graph.background_name is not None and background is None:
        raise ModelError(
            f"model file {graph.path} takes two images, as networks do that compare a frame with "
            "a background: give pictures of one scene with hands and without by --image and "
            "--background"
        )
    if graph.background_name is None and background is not None:
        raise ModelError(f"model file {graph.path} takes one image: leave --background out")


def _resized(path: Path, told: InputDescription, resize: Resize) -> InputDescription:
    try:
        return replace(told, resize=resize)
    except InvalidFieldError as error:
        raise _wrong_wish(path, error) from error


def _details(family: FamilyGuess, wishes: Wishes) -> tuple[Guess, ...]:
    if wishes.activation is None:
        return family.details
    others = (guess for guess in family.details if guess.field != "activation")
    return (*others, wished("activation", wishes.activation))


def _described(
    path: Path,
    image: InputDescription,
    family: FamilyGuess,
    details: tuple[Guess, ...],
    wishes: Wishes,
    classes: tuple[str, ...] = (),
) -> ModelDescription:
    try:
        return ModelDescription(
            name=wishes.name or path.stem,
            version="1",
            family=family.family,
            classes=classes or wishes.classes or family.orders[0],
            input=image,
            outputs=family.outputs,
            thresholds=_THRESHOLDS,
            licence=wishes.licence or _NO_LICENCE,
            **{guess.field: guess.value for guess in details},
        )
    except InvalidFieldError as error:
        raise _wrong_wish(path, error) from error


def _wrong_wish(path: Path, error: InvalidFieldError) -> ModelError:
    return ModelError(
        f"model file {path} cannot be described, as {error}: correct what you asked for"
    )


def _tried(bench: Bench, ways: tuple[Look, ...], orders: Orders) -> list[Trial]:
    """Return a trial of each look that is possible, the usual one first, with one order of classes.

    The order is looked for with the usual look, and again with the best one.
    """
    first = best(bench.try_all((ways[0], order) for order in orders)).classes
    trials = bench.try_all((look, first) for look in ways)
    look = best(trials).look
    rest = [order for order in orders if order != first]
    second = best(bench.try_all((look, order) for order in (first, *rest))).classes
    return trials if second == first else bench.try_all((look, second) for look in ways)


def _licence_doubts(wishes: Wishes) -> Iterator[str]:
    if wishes.licence is None:
        yield "the licence of the weights is unknown: ask who trained them, and give --licence"
