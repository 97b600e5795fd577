"""Which of the settings that were tried is taken, and which others are too close to be sure."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from handseg_ros.model_import.trials import Classes, Trial, in_order

# A mask below this is no sign of a right setting.
CONVINCING_IOU = 0.4
# A setting is clearly worse that is behind by so much, in mean IoU over the pictures, and by so
# many standard errors of its distances; of one picture alone the second margin is asked.
_MARGIN, _ERRORS, _MARGIN_OF_ONE = 0.02, 2.0, 0.25
# So many pictures tell which of two colour configurations is better even where that is not certain.
_ENOUGH = 3
_ORDER_MARGIN = 0.01


@dataclass(frozen=True)
class Selection:
    """The trial that is taken, those of all colour configurations with its classes, and the close
    ones among them.

    The first of `trials` is the most usual colour configuration.
    """

    chosen: Trial
    trials: tuple[Trial, ...]
    close_trials: tuple[Trial, ...]

    def with_each(self, change: Callable[[Trial], Trial]) -> Selection:
        """Return the same choice of trials that are changed."""
        indices = {id(trial): index for index, trial in enumerate(self.trials)}
        trials = tuple(change(trial) for trial in self.trials)
        close_trials = tuple(trials[indices[id(trial)]] for trial in self.close_trials)
        return Selection(trials[indices[id(self.chosen)]], trials, close_trials)


def select(rows: list[list[Trial]], orders: Sequence[Classes]) -> Selection:
    """Choose classes and colours by the scores of each colour configuration (rows) with each order
    of classes.

    Colour configurations and orders stand with the most usual first. The best one is taken where
    there are enough pictures to tell; of few, the most usual one that is not clearly worse. All
    others that are not clearly worse than the best are close.
    """
    rows = _with_scores_that_count(rows)
    trials = tuple(in_order(rows, _order(rows, orders)))
    top = max(trials, key=lambda trial: trial.iou)
    close = [trial for trial in trials if trial is top or not _is_beaten(trial, top)]
    if len(top.scores) >= _ENOUGH:
        chosen = top
    else:
        chosen = close[0] if top.iou >= CONVINCING_IOU else trials[0]
    close_trials = [trial for trial in close if trial is not chosen]
    return Selection(chosen, trials, tuple(close_trials) if top.iou >= CONVINCING_IOU else ())


def _with_scores_that_count(rows: list[list[Trial]]) -> list[list[Trial]]:
    """Leave the package's rendered pictures out where no setting finds the hands in them."""
    theirs = [[_only(trial, own=False) for trial in row] for row in rows]
    own = [[_only(trial, own=True) for trial in row] for row in rows]
    decided_by_user = _best(theirs) < CONVINCING_IOU <= _best(own)
    return own if decided_by_user else rows


def _best(rows: list[list[Trial]]) -> float:
    return max(trial.iou for row in rows for trial in row)


def _only(trial: Trial, *, own: bool) -> Trial:
    return replace(
        trial, scores=tuple(score for score in trial.scores if score.is_user_picture == own)
    )


def _order(rows: list[list[Trial]], orders: Sequence[Classes]) -> Classes:
    """Return the order of classes of the best trial, the usual one if it is not clearly worse."""
    best = {
        classes: max(trial.ranking_score for trial in in_order(rows, classes)) for classes in orders
    }
    top = max(orders, key=lambda classes: best[classes])
    is_better = best[top] >= max(CONVINCING_IOU, best[orders[0]] + _ORDER_MARGIN)
    return top if is_better else orders[0]


def _is_beaten(trial: Trial, other: Trial) -> bool:
    """Whether another trial's lead, on the pictures of both, is more than margin and chance."""
    pairs = zip(other.scores, trial.scores, strict=False)
    leads = [theirs.iou - own.iou for theirs, own in pairs]
    if len(leads) < 2:
        return sum(leads) >= _MARGIN_OF_ONE
    error = stdev(leads) / math.sqrt(len(leads))
    return fmean(leads) >= max(_MARGIN, _ERRORS * error)
