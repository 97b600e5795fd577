"""A foreign network gets its description: what the graph tells, what trying it out tells, why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, TypeAlias

import numpy as np
from tqdm import tqdm

from handseg_ros.model_import.choice import Choice, choose
from handseg_ros.model_import.colour_config import Look, looks, usual_normalisation
from handseg_ros.model_import.detectors import guess_family
from handseg_ros.model_import.family_guess import FamilyGuess
from handseg_ros.model_import.graph_metadata import ForeignGraph, read_graph
from handseg_ros.model_import.guesses import Guess, Resize, Wishes, listed, wished
from handseg_ros.model_import.input_detection import guess_input
from handseg_ros.model_import.output_statistics import Answers, summed_up
from handseg_ros.model_import.reasons import shown_reasons, told_reasons
from handseg_ros.model_import.samples import Sample, own_sample
from handseg_ros.model_import.trials import Bench, Trial
from handseg_ros.model_import.warnings import doubts_of
from handseg_ros.segmentation.description import (
    ColourOrder,
    InputDescription,
    ModelDescription,
    Thresholds,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.segmenter import Segmenter, check_family
from handseg_ros.segmentation.session import load_described

Bar: TypeAlias = "tqdm[NoReturn]"
_THRESHOLDS = Thresholds(score=0.5, mask=0.5, minimum_area=0.0005)
_NO_LICENCE = "unknown"


@dataclass(frozen=True)
class ForeignModel:
    """A foreign network's description with the reason for each guess.

    `trials` are all looks that were tried, `chosen` is the one of the description; `doubts` are
    sentences on what may be wrong.
    """

    description: ModelDescription
    guesses: tuple[Guess, ...]
    trials: tuple[Trial, ...]
    chosen: Trial
    doubts: tuple[str, ...]


def describe_foreign(
    path: Path,
    picture: np.ndarray,
    wishes: Wishes,
    background: np.ndarray | None = None,
    more: Sequence[Sample] = (),
) -> ForeignModel:
    """Guess the description of a network by its graph and what it finds in pictures.

    `picture` is uint8 (height, width, 3), BGR, and `background` the same scene without hands, for
    networks that compare the two; `more` are further pictures to compare settings on, for those
    that take one. Raises ModelError when the network cannot be described, or not as wished for,
    and BackgroundError when the two pictures differ in size.
    """
    graph = read_graph(path, wishes.constants)
    wishes = _with_what_is_written(graph, wishes)
    _check_wishes(graph, wishes, background)
    shown = own_sample(picture, Segmenter.load(), background)
    return _Workshop(graph, wishes, (shown, *more) if background is None else (shown,)).describe()


@dataclass(frozen=True)
class _Workshop:
    """A foreign graph, what is known of it, and the pictures to try it on; the first is shown."""

    graph: ForeignGraph
    wishes: Wishes
    samples: tuple[Sample, ...]

    def describe(self) -> ForeignModel:
        wishes = self.wishes
        image = guess_input(self.graph, wishes)
        usual = usual_normalisation(image.told.layout)
        ways = self._looks(usual)
        runs = len(ways) * (2 + len(self.samples))
        with tqdm(total=runs, desc="trying settings", unit="run") as bar:
            family = guess_family(self._answers(image.told, ways, bar), image.told, wishes)
            told = self._resized(image.told, wishes.resize or family.resize)
            details = _details(family, wishes)
            described = self._described(told, family, details)
            ways = self._looks(family.usual or usual, family.colour)
            choice = self._choice(described, family, ways, bar)
        return ForeignModel(
            self._final(described, family, choice.chosen),
            (
                *image.guesses,
                *told_reasons(told, family, wishes),
                *details,
                *shown_reasons(choice, wishes),
            ),
            choice.trials,
            choice.chosen,
            (*self._origin(), *doubts_of(choice, self.samples[0].known), *self._licence_doubts()),
        )

    def _looks(self, usual: str, usual_colour: ColourOrder = "RGB") -> tuple[Look, ...]:
        wishes = self.wishes
        return looks(
            self.graph.dtype,
            usual,
            wishes.colour,
            wishes.normalisation,
            wishes.statistics,
            usual_colour,
        )

    def _answers(self, told: InputDescription, ways: tuple[Look, ...], bar: Bar) -> Answers:
        """Return what the answers to the first picture in every look have in common."""

        def run() -> Iterator[dict[str, np.ndarray]]:
            first = self.samples[0]
            for look in ways:
                yield self.graph.run(look.of(told), first.picture, first.background)
                bar.update()

        answers = summed_up(run())
        return {name: answers[name] for name in self.wishes.outputs or answers}

    def _resized(self, told: InputDescription, resize: Resize) -> InputDescription:
        try:
            return replace(told, resize=resize)
        except InvalidFieldError as error:
            raise self._wrong_wish(error.below("input")) from error

    def _described(
        self, told: InputDescription, family: FamilyGuess, details: tuple[Guess, ...]
    ) -> ModelDescription:
        wishes, path = self.wishes, self.graph.path
        classes = wishes.classes or family.orders[0]
        try:
            return ModelDescription(
                name=wishes.name or path.stem,
                version="1",
                family=family.of(classes),
                classes=classes,
                input=told,
                outputs=family.outputs,
                thresholds=_THRESHOLDS,
                licence=wishes.licence or _NO_LICENCE,
                **{guess.field: guess.value for guess in details},
            )
        except InvalidFieldError as error:
            raise self._wrong_wish(error) from error

    def _choice(
        self, described: ModelDescription, family: FamilyGuess, ways: tuple[Look, ...], bar: Bar
    ) -> Choice:
        session = load_described(self.graph.path, described)
        check_family(session)
        bench = Bench(session, self.samples, family.of, bar.update)
        orders = family.orders if self.wishes.classes is None else (self.wishes.classes,)
        return choose(bench.try_all(ways, orders), orders).with_each(bench.shown)

    def _final(
        self, described: ModelDescription, family: FamilyGuess, chosen: Trial
    ) -> ModelDescription:
        return replace(
            described,
            input=chosen.look.of(described.input),
            classes=chosen.classes,
            family=family.of(chosen.classes),
        )

    def _wrong_wish(self, error: object) -> ModelError:
        return ModelError(
            f"model file {self.graph.path} cannot be described, as {error}: correct what you asked "
            "for"
        )

    def _origin(self) -> Iterator[str]:
        if self.graph.exported is not None:
            yield (
                f"this file was written by `handseg export` from {self.graph.exported.source}: "
                "it gives a mask alone, so take the file that it was made from for single hands, "
                "sides and scores"
            )

    def _licence_doubts(self) -> Iterator[str]:
        if self.wishes.licence is None:
            yield (
                "the licence of the weights is unknown: ask who trained them, and give --licence"
            )


def _with_what_is_written(graph: ForeignGraph, wishes: Wishes) -> Wishes:
    """Return the wishes with what `handseg export` wrote into the file."""
    if graph.exported is None:
        return wishes
    return replace(
        wishes,
        colour=wishes.colour or graph.exported.colour,
        licence=wishes.licence or graph.exported.licence,
    )


def _check_wishes(graph: ForeignGraph, wishes: Wishes, background: np.ndarray | None) -> None:
    if graph.dtype == "uint8" and (wishes.normalisation or wishes.statistics):
        raise ModelError(
            f"model file {graph.path} takes bytes, which are not normalised: leave "
            "--normalisation, --mean and --std out"
        )
    if graph.background_name is not None and background is None:
        raise ModelError(
            f"model file {graph.path} takes two images, as networks do that compare a frame with "
            "a background: give pictures of one scene with hands and without by --image and "
            "--background"
        )
    if graph.background_name is None and background is not None:
        raise ModelError(f"model file {graph.path} takes one image: leave --background out")
    unknown = [name for name in wishes.outputs if name not in graph.outputs]
    if unknown:
        raise ModelError(
            f"model file {graph.path} gives the outputs {listed(graph.outputs)}, but --output "
            f"says {listed(unknown)}: give one of the former"
        )


def _details(family: FamilyGuess, wishes: Wishes) -> tuple[Guess, ...]:
    if wishes.activation is None:
        return family.details
    guessed = {guess.field: guess for guess in family.details}
    if "activation" in guessed and guessed.pop("activation").value != wishes.activation:
        guessed.pop("output_scale", None)  # it belongs to what was guessed
    return (*guessed.values(), wished("activation", wishes.activation))
