"""A foreign network gets its description: what the graph says, what trying it out says, why."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, TypeAlias

import numpy as np
from tqdm import tqdm

from handseg_ros.model_import.colour_config import ColourConfig, colour_configs, usual_normalisation
from handseg_ros.model_import.decoder_detection import detect_decoder
from handseg_ros.model_import.explanations import find_warnings, output_reasons, trial_reasons
from handseg_ros.model_import.graph_metadata import ForeignGraph, read_graph
from handseg_ros.model_import.input_detection import detect_input
from handseg_ros.model_import.overrides import (
    Overrides,
    listed,
    overridden,
)
from handseg_ros.model_import.samples import Sample, user_sample
from handseg_ros.model_import.selection import Selection, select
from handseg_ros.model_import.trials import Trial, TrialRunner
from handseg_ros.segmentation.decoders.detection import DecoderMatch, InferredField
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs, summarize
from handseg_ros.segmentation.description import (
    ColourOrder,
    InputDescription,
    ModelDescription,
    Resize,
    Thresholds,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.segmenter import Segmenter, check_decoder
from handseg_ros.segmentation.session import load_with_description

Bar: TypeAlias = "tqdm[NoReturn]"
_THRESHOLDS = Thresholds(score=0.5, mask=0.5, minimum_area=0.0005)
_NO_LICENCE = "unknown"


@dataclass(frozen=True)
class ForeignModel:
    """A foreign network's description with the reason for each inferred field.

    `trials` are all colour configurations that were tried, `chosen` is the one of the description;
    `warnings` are sentences on what may be wrong.
    """

    description: ModelDescription
    inferred_fields: tuple[InferredField, ...]
    trials: tuple[Trial, ...]
    chosen: Trial
    warnings: tuple[str, ...]


def describe_foreign(
    path: Path,
    picture: np.ndarray,
    overrides: Overrides,
    background: np.ndarray | None = None,
    more: Sequence[Sample] = (),
) -> ForeignModel:
    """Guess the description of a network by its graph and what it finds in pictures.

    `picture` is uint8 (height, width, 3), BGR, and `background` the same scene without hands, for
    networks that compare the two; `more` are further pictures to compare settings on, for those
    that take one. Raises ModelError when the network cannot be described, or not with these
    overrides, and BackgroundError when the two pictures differ in size.
    """
    graph = read_graph(path, overrides.constants)
    overrides = _with_what_is_written(graph, overrides)
    _check_overrides(graph, overrides, background)
    shown = user_sample(picture, Segmenter.load(), background)
    return _Importer(
        graph, overrides, (shown, *more) if background is None else (shown,)
    ).describe()


@dataclass(frozen=True)
class _Importer:
    """A foreign graph, what is known of it, and the pictures to try it on; the first is shown."""

    graph: ForeignGraph
    overrides: Overrides
    samples: tuple[Sample, ...]

    def describe(self) -> ForeignModel:
        overrides = self.overrides
        image = detect_input(self.graph, overrides)
        usual = usual_normalisation(image.description.layout)
        ways = self._colour_configs(usual)
        runs = len(ways) * (2 + len(self.samples))
        with tqdm(total=runs, desc="trying settings", unit="run") as bar:
            family = detect_decoder(
                self._run_all(image.description, ways, bar), image.description, overrides
            )
            description = self._resized(image.description, overrides.resize or family.resize)
            details = _details(family, overrides)
            described = self._described(description, family, details)
            ways = self._colour_configs(family.usual or usual, family.colour)
            choice = self._choice(described, family, ways, bar)
        return ForeignModel(
            self._final(described, family, choice.chosen),
            (
                *image.inferred_fields,
                *output_reasons(description, family, overrides),
                *details,
                *trial_reasons(choice, overrides),
            ),
            choice.trials,
            choice.chosen,
            (
                *self._origin(),
                *find_warnings(choice, self.samples[0].reference),
                *self._licence_warnings(),
            ),
        )

    def _colour_configs(
        self, usual: str, usual_colour: ColourOrder = "RGB"
    ) -> tuple[ColourConfig, ...]:
        overrides = self.overrides
        return colour_configs(
            self.graph.dtype,
            usual,
            overrides.colour,
            overrides.normalisation,
            overrides.statistics,
            usual_colour,
        )

    def _run_all(
        self, description: InputDescription, ways: tuple[ColourConfig, ...], bar: Bar
    ) -> NetworkOutputs:
        """Return statistics of the outputs for the first picture in every configuration."""

        def run() -> Iterator[dict[str, np.ndarray]]:
            first = self.samples[0]
            for colour_config in ways:
                yield self.graph.run(colour_config.of(description), first.picture, first.background)
                bar.update()

        outputs = summarize(run())
        return {name: outputs[name] for name in self.overrides.outputs or outputs}

    def _resized(self, description: InputDescription, resize: Resize) -> InputDescription:
        try:
            return replace(description, resize=resize)
        except InvalidFieldError as error:
            raise self._wrong_override(error.below("input")) from error

    def _described(
        self,
        description: InputDescription,
        family: DecoderMatch,
        details: tuple[InferredField, ...],
    ) -> ModelDescription:
        overrides, path = self.overrides, self.graph.path
        classes = overrides.classes or family.orders[0]
        try:
            return ModelDescription(
                name=overrides.name or path.stem,
                version="1",
                family=family.family_of(classes),
                classes=classes,
                input=description,
                outputs=family.outputs,
                thresholds=_THRESHOLDS,
                licence=overrides.licence or _NO_LICENCE,
                **{inferred.field: inferred.value for inferred in details},
            )
        except InvalidFieldError as error:
            raise self._wrong_override(error) from error

    def _choice(
        self,
        described: ModelDescription,
        family: DecoderMatch,
        ways: tuple[ColourConfig, ...],
        bar: Bar,
    ) -> Selection:
        session = load_with_description(self.graph.path, described)
        check_decoder(session)
        bench = TrialRunner(session, self.samples, family.family_of, bar.update)
        orders = family.orders if self.overrides.classes is None else (self.overrides.classes,)
        return select(bench.try_all(ways, orders), orders).with_each(bench.shown)

    def _final(
        self, described: ModelDescription, family: DecoderMatch, chosen: Trial
    ) -> ModelDescription:
        return replace(
            described,
            input=chosen.colour_config.of(described.input),
            classes=chosen.classes,
            family=family.family_of(chosen.classes),
        )

    def _wrong_override(self, error: object) -> ModelError:
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

    def _licence_warnings(self) -> Iterator[str]:
        if self.overrides.licence is None:
            yield (
                "the licence of the weights is unknown: ask who trained them, and give --licence"
            )


def _with_what_is_written(graph: ForeignGraph, overrides: Overrides) -> Overrides:
    """Return the overrides with what `handseg export` wrote into the file."""
    if graph.exported is None:
        return overrides
    return replace(
        overrides,
        colour=overrides.colour or graph.exported.colour,
        licence=overrides.licence or graph.exported.licence,
    )


def _check_overrides(
    graph: ForeignGraph, overrides: Overrides, background: np.ndarray | None
) -> None:
    if graph.dtype == "uint8" and (overrides.normalisation or overrides.statistics):
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
    unknown = [name for name in overrides.outputs if name not in graph.outputs]
    if unknown:
        raise ModelError(
            f"model file {graph.path} gives the outputs {listed(graph.outputs)}, but --output "
            f"says {listed(unknown)}: give one of the former"
        )


def _details(family: DecoderMatch, overrides: Overrides) -> tuple[InferredField, ...]:
    if overrides.activation is None:
        return family.details
    guessed = {inferred.field: inferred for inferred in family.details}
    if "activation" in guessed and guessed.pop("activation").value != overrides.activation:
        guessed.pop("output_scale", None)  # it belongs to what was guessed
    return (*guessed.values(), overridden("activation", overrides.activation))
