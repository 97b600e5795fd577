"""Trying settings out on a picture: whose mask is most like that of the package's own model?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from handseg_ros.evaluation.metrics import overlap
from handseg_ros.exchange.looks import Look
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.segmentation.session import ModelSession

# A mask below this is no sign of a right setting, and a better one must be better by so much.
CONVINCING = 0.4
_MARGIN = 0.01


@dataclass(frozen=True)
class Trial:
    """What a network finds in the picture with one setting.

    `likeness` is the IoU of its mask with that of the package's own model, 0 where that finds no
    hand; `inverse` is the same of what its mask leaves out.
    """

    look: Look
    classes: tuple[str, ...]
    segmentation: Segmentation
    likeness: float
    inverse: float


@dataclass(frozen=True)
class Bench:
    """A network, the picture that it is tried on, uint8 BGR, and what is known to be in that.

    `background` is the scene without hands, None for a network that takes none; `known` is the own
    model's mask, uint8 (height, width), 0 or 255.
    """

    session: ModelSession
    picture: np.ndarray
    background: np.ndarray | None
    known: np.ndarray

    def try_all(self, settings: Iterable[tuple[Look, tuple[str, ...]]]) -> list[Trial]:
        """Run the network with each setting; those that it answers with no numbers are left out.

        Raises ModelError where that holds for all of them.
        """
        trials, failure = [], None
        for look, classes in settings:
            try:
                trials.append(self.try_out(look, classes))
            except ModelError as error:
                failure = error
        if failure is not None and not trials:
            raise failure
        return trials

    def try_out(self, look: Look, classes: tuple[str, ...]) -> Trial:
        """Run the network with a look and an order of classes; raises ModelError."""
        told = self.session.description
        changed = replace(told, input=look.of(told.input), classes=classes)
        segmenter = Segmenter.of(replace(self.session, description=changed))
        if self.background is not None:
            segmenter = segmenter.with_background(self.background)
        found = segmenter.segment(self.picture)
        mask = found.mask()
        if not self.known.any():
            return Trial(look, classes, found, 0.0, 0.0)
        likeness, inverse = (overlap(part, self.known).iou for part in (mask, mask == 0))
        return Trial(look, classes, found, likeness, inverse)


def best(trials: Iterable[Trial]) -> Trial:
    """Return the trial whose mask is most like the known one, the first if none is convincing.

    The first trial is the usual setting: another must be clearly better.
    """
    usual, *others = trials
    top = max(others, key=lambda trial: trial.likeness, default=usual)
    is_better = top.likeness >= max(CONVINCING, usual.likeness + _MARGIN)
    return top if is_better else usual
