"""Trying settings out on pictures: whose masks are most like what is known to be in them?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

import numpy as np

from handseg_ros.evaluation.metrics import overlap
from handseg_ros.model_import.colour_config import Look
from handseg_ros.model_import.samples import Sample
from handseg_ros.segmentation.background import Background
from handseg_ros.segmentation.errors import HandsegError, ModelError, cause_of
from handseg_ros.segmentation.geometry import PLACEMENTS, Placement
from handseg_ros.segmentation.hands import Found, Hand, Segmentation, Side, Timings
from handseg_ros.segmentation.input_preprocessor import Feeder
from handseg_ros.segmentation.segmenter import DECODERS
from handseg_ros.segmentation.session import ModelSession

# After so many pictures a look is given up that is so much behind the best one.
_LEAST_SAMPLES, _HOPELESS = 3, 0.25
# What sides that agree with the known ones weigh beside the masks: they decide where these do not.
_SIDES = 0.02
_NO_TIME = Timings(0.0, 0.0, 0.0)

Classes = tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """How a setting did on one picture: IoU with the known mask, of what is left out, and sides.

    `sides` is the share of the known hands' pixels with their own side less that with the other;
    `is_own` whether the picture is the user's.
    """

    likeness: float
    inverse: float
    sides: float
    is_own: bool


@dataclass(frozen=True)
class Trial:
    """What a network finds with one setting: its scores, and `Bench.shown` its masks in a picture.

    `scores` are of the pictures in which hands are known, of which there may be none, or fewer
    for a look that was given up.
    """

    look: Look
    classes: Classes
    segmentation: Segmentation
    scores: tuple[Score, ...]

    @property
    def likeness(self) -> float:
        """The mean IoU of its masks with the known ones, 0 where no hand is known."""
        return fmean(score.likeness for score in self.scores) if self.scores else 0.0

    @property
    def inverse(self) -> float:
        """The same of what its masks leave out."""
        return fmean(score.inverse for score in self.scores) if self.scores else 0.0

    @property
    def worth(self) -> float:
        """What orders of classes are compared by: likeness, and sides where these are told."""
        if not self.scores:
            return 0.0
        return self.likeness + _SIDES * fmean(score.sides for score in self.scores)


@dataclass
class Bench:
    """A network and the pictures that it is tried on, the first of which is shown.

    `family_of` tells by the classes which family decodes; `step` is called after each run.
    """

    session: ModelSession
    samples: Sequence[Sample]
    family_of: Callable[[Classes], str]
    step: Callable[[], object] = field(default=lambda: None)

    def try_all(self, ways: Sequence[Look], orders: Sequence[Classes]) -> list[list[Trial]]:
        """Run the network with each look on the pictures, and read each answer in every order.

        Returns a list for each look that gives numbers, of a trial for each order. Raises
        ModelError where none does.
        """
        rows, failure = [], None
        for look in ways:
            try:
                rows.append(self._first(look, orders))
            except ModelError as error:
                failure = error
        if failure is not None and not rows:
            raise failure
        for sample in self.samples[1:]:
            for place, row in enumerate(rows):
                if self._is_hopeful(row, rows, is_usual=place == 0):
                    rows[place] = self._further(row, sample)
                else:
                    self.step()
        return rows

    def shown(self, trial: Trial) -> Trial:
        """Return a trial with what it finds in the first picture."""
        sample = self.samples[0]
        answers = self._answers(trial.look, sample)
        found = self._decode(answers, sample, trial.look, trial.classes)
        return replace(trial, segmentation=found)

    def _is_hopeful(self, row: list[Trial], rows: list[list[Trial]], *, is_usual: bool) -> bool:
        best = max(trial.likeness for other in rows for trial in other)
        own = max(trial.likeness for trial in row)
        return is_usual or len(row[0].scores) < _LEAST_SAMPLES or own > best - _HOPELESS

    def _first(self, look: Look, orders: Sequence[Classes]) -> list[Trial]:
        sample = self.samples[0]
        answers = self._answers(look, sample)
        # Masks of every look and order would be gigabytes of a large picture.
        height, width = sample.known.shape
        nothing = Segmentation(height, width, (), _NO_TIME)
        found = (self._decode(answers, sample, look, classes) for classes in orders)
        return [
            Trial(look, classes, nothing, _scores(one, sample))
            for classes, one in zip(orders, found, strict=True)
        ]

    def _further(self, row: list[Trial], sample: Sample) -> list[Trial]:
        answers = self._answers(row[0].look, sample)
        return [
            replace(
                trial,
                scores=trial.scores
                + _scores(self._decode(answers, sample, trial.look, trial.classes), sample),
            )
            for trial in row
        ]

    def _answers(self, look: Look, sample: Sample) -> dict[str, np.ndarray]:
        told = look.of(self.session.description.input)
        canvas = told.height, told.width
        inputs = {told.name: Feeder.of(told).feed(self._placement(sample).apply(sample.picture))}
        if told.background is not None and sample.background is not None:
            background = Background.of(sample.background, told, canvas)
            background.check(sample.picture)
            inputs[told.background] = background.values
        try:
            return self.session.run(inputs)
        except HandsegError:
            raise
        except Exception as error:  # ONNX Runtime's own exceptions share no base class but this
            raise ModelError(
                f"model file {self.session.path} failed on a picture ({cause_of(error)}): give "
                "its input size with --width and --height"
            ) from error
        finally:
            self.step()

    def _placement(self, sample: Sample) -> Placement:
        told = self.session.description.input
        height, width = sample.picture.shape[:2]
        return PLACEMENTS[told.resize]((height, width), (told.height, told.width))

    def _decode(
        self, answers: dict[str, np.ndarray], sample: Sample, look: Look, classes: Classes
    ) -> Segmentation:
        known = self.session.description
        told = replace(
            known, input=look.of(known.input), classes=classes, family=self.family_of(classes)
        )
        decode = DECODERS[told.family].decode
        try:
            found: Found = decode(answers, self._placement(sample), told, told.thresholds)
        except HandsegError:
            raise
        except Exception as error:  # whatever an output of another shape makes the decoder raise
            raise ModelError(
                f"the answers of model file {self.session.path} cannot be read as those of the "
                f"family '{told.family}' ({cause_of(error)}): give another --family, --classes or "
                "--activation"
            ) from error
        height, width = sample.picture.shape[:2]
        return Segmentation(height, width, found.hands, _NO_TIME, found.objects)


def _scores(found: Segmentation, sample: Sample) -> tuple[Score, ...]:
    if not sample.known.any():
        return ()
    mask = found.mask()
    likeness, inverse = (overlap(part, sample.known).iou for part in (mask, mask == 0))
    return (Score(likeness, inverse, _sides(found.hands, sample), sample.is_own),)


def _sides(hands: Iterable[Hand], sample: Sample) -> float:
    known = sample.sides
    total = np.count_nonzero(known)
    agreed = sum(_agreement(hand, known) for hand in hands if hand.side is not Side.UNKNOWN)
    return agreed / total if total else 0.0


def _agreement(hand: Hand, known: np.ndarray) -> int:
    under = known[hand.box.slices][hand.mask > 0]
    own = np.count_nonzero(under == hand.side)
    return int(own) - int(np.count_nonzero(under) - own)


def in_order(rows: list[list[Trial]], classes: Classes) -> Iterator[Trial]:
    """Yield each look's trial with one order of classes."""
    for row in rows:
        yield from (trial for trial in row if trial.classes == classes)
