"""Trying settings out on pictures: whose masks are most like what is known to be in them?"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

import numpy as np

from handseg_ros.evaluation.overlap import overlap
from handseg_ros.model_import.colour_config import ColourConfig
from handseg_ros.model_import.samples import Sample
from handseg_ros.segmentation.background import Background
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.errors import HandsegError, ModelError, root_cause
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS, ResizeTransform
from handseg_ros.segmentation.hands import DecodedInstances, Hand, Segmentation, Side, Timings
from handseg_ros.segmentation.input_preprocessor import InputPreprocessor
from handseg_ros.segmentation.session import ModelSession

# After so many pictures a colour configuration is given up that is so much behind the best one.
_LEAST_SAMPLES, _HOPELESS = 3, 0.25
# What sides that agree with the known ones weigh beside the masks: they decide where these do not.
_SIDES = 0.02
_NO_TIME = Timings(0.0, 0.0, 0.0)

Classes = tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """How a setting did on one picture: IoU with the known mask, of what is left out, and sides.

    `sides` is the share of the known hands' pixels with their own side less that with the other;
    `is_user_picture` whether the picture is the user's.
    """

    iou: float
    inverse_iou: float
    sides: float
    is_user_picture: bool


@dataclass(frozen=True)
class Trial:
    """What a network finds with one setting: its scores; `TrialRunner.shown` adds its masks.

    `scores` are of the pictures in which hands are known, of which there may be none, or fewer
    for a colour configuration that was given up.
    """

    colour_config: ColourConfig
    classes: Classes
    segmentation: Segmentation
    scores: tuple[Score, ...]

    @property
    def iou(self) -> float:
        """The mean IoU of its masks with the known ones, 0 where no hand is known."""
        return fmean(score.iou for score in self.scores) if self.scores else 0.0

    @property
    def inverse_iou(self) -> float:
        """The same of what its masks leave out."""
        return fmean(score.inverse_iou for score in self.scores) if self.scores else 0.0

    @property
    def ranking_score(self) -> float:
        """What orders of classes are compared by: IoU, and sides where these are known."""
        if not self.scores:
            return 0.0
        return self.iou + _SIDES * fmean(score.sides for score in self.scores)


@dataclass
class TrialRunner:
    """A network and the pictures that it is tried on, the first of which is shown.

    `family_of` gives the family that decodes an order of classes; `step` is called after each run.
    """

    session: ModelSession
    samples: Sequence[Sample]
    family_of: Callable[[Classes], str]
    step: Callable[[], object] = field(default=lambda: None)

    def try_all(self, ways: Sequence[ColourConfig], orders: Sequence[Classes]) -> list[list[Trial]]:
        """Run the network with each colour configuration on the pictures, and decode each output
        in every order.

        Returns a list for each that gives numbers, of a trial for each order. Raises
        ModelError where none does.
        """
        rows, failure = [], None
        for colour_config in ways:
            try:
                rows.append(self._first(colour_config, orders))
            except ModelError as error:
                failure = error
        if failure is not None and not rows:
            raise failure
        for sample in self.samples[1:]:
            for index, row in enumerate(rows):
                if self._is_hopeful(row, rows, is_usual=index == 0):
                    rows[index] = self._further(row, sample)
                else:
                    self.step()
        return rows

    def shown(self, trial: Trial) -> Trial:
        """Return a trial with what it finds in the first picture."""
        sample = self.samples[0]
        network_outputs = self._run_all(trial.colour_config, sample)
        found = self._decode(network_outputs, sample, trial.colour_config, trial.classes)
        return replace(trial, segmentation=found)

    def _is_hopeful(self, row: list[Trial], rows: list[list[Trial]], *, is_usual: bool) -> bool:
        best = max(trial.iou for other in rows for trial in other)
        own = max(trial.iou for trial in row)
        return is_usual or len(row[0].scores) < _LEAST_SAMPLES or own > best - _HOPELESS

    def _first(self, colour_config: ColourConfig, orders: Sequence[Classes]) -> list[Trial]:
        sample = self.samples[0]
        network_outputs = self._run_all(colour_config, sample)
        # Masks of every colour configuration and order would be gigabytes of a large picture.
        height, width = sample.reference.shape
        nothing = Segmentation(height, width, (), _NO_TIME)
        found = (
            self._decode(network_outputs, sample, colour_config, classes) for classes in orders
        )
        return [
            Trial(colour_config, classes, nothing, _scores(one, sample))
            for classes, one in zip(orders, found, strict=True)
        ]

    def _further(self, row: list[Trial], sample: Sample) -> list[Trial]:
        network_outputs = self._run_all(row[0].colour_config, sample)
        return [
            replace(
                trial,
                scores=trial.scores
                + _scores(
                    self._decode(network_outputs, sample, trial.colour_config, trial.classes),
                    sample,
                ),
            )
            for trial in row
        ]

    def _run_all(self, colour_config: ColourConfig, sample: Sample) -> dict[str, np.ndarray]:
        description = colour_config.of(self.session.description.input)
        input_size = description.height, description.width
        inputs = {
            description.name: InputPreprocessor.of(description).preprocess(
                self._transform(sample).apply(sample.picture)
            )
        }
        if description.background is not None and sample.background is not None:
            background = Background.of(sample.background, description, input_size)
            background.check(sample.picture)
            inputs[description.background] = background.values
        try:
            return self.session.run(inputs)
        except HandsegError:
            raise
        except Exception as error:  # ONNX Runtime's own exceptions share no base class but this
            raise ModelError(
                f"model file {self.session.path} failed on a picture ({root_cause(error)}): give "
                "its input size with --width and --height"
            ) from error
        finally:
            self.step()

    def _transform(self, sample: Sample) -> ResizeTransform:
        description = self.session.description.input
        height, width = sample.picture.shape[:2]
        return RESIZE_TRANSFORMS[description.resize](
            (height, width), (description.height, description.width)
        )

    def _decode(
        self,
        network_outputs: dict[str, np.ndarray],
        sample: Sample,
        colour_config: ColourConfig,
        classes: Classes,
    ) -> Segmentation:
        reference = self.session.description
        description = replace(
            reference,
            input=colour_config.of(reference.input),
            classes=classes,
            family=self.family_of(classes),
        )
        decode = DECODERS[description.family].decode
        try:
            found: DecodedInstances = decode(
                network_outputs, self._transform(sample), description, description.thresholds
            )
        except HandsegError:
            raise
        except Exception as error:  # whatever an output of another shape makes the decoder raise
            raise ModelError(
                f"the answers of model file {self.session.path} cannot be read as those of the "
                f"family '{description.family}' ({root_cause(error)}): give another --family, "
                "--classes or "
                "--activation"
            ) from error
        height, width = sample.picture.shape[:2]
        return Segmentation(height, width, found.hands, _NO_TIME, found.objects)


def _scores(found: Segmentation, sample: Sample) -> tuple[Score, ...]:
    if not sample.reference.any():
        return ()
    mask = found.mask()
    iou, inverse_iou = (overlap(part, sample.reference).iou for part in (mask, mask == 0))
    return (Score(iou, inverse_iou, _sides(found.hands, sample), sample.is_user_picture),)


def _sides(hands: Iterable[Hand], sample: Sample) -> float:
    reference = sample.sides
    total = np.count_nonzero(reference)
    agreed = sum(_agreement(hand, reference) for hand in hands if hand.side is not Side.UNKNOWN)
    return agreed / total if total else 0.0


def _agreement(hand: Hand, reference: np.ndarray) -> int:
    under = reference[hand.box.slices][hand.mask > 0]
    own = np.count_nonzero(under == hand.side)
    return int(own) - int(np.count_nonzero(under) - own)


def in_order(rows: list[list[Trial]], classes: Classes) -> Iterator[Trial]:
    """Yield each colour configuration's trial with one order of classes."""
    for row in rows:
        yield from (trial for trial in row if trial.classes == classes)
