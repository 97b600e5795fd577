"""Guards the vote on left and right: one wrong frame changes nothing, a second of them does."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from support.labelled import found

from handseg_ros.segmentation.hands import Hand, Side
from handseg_ros.tracking.side_vote import SideVote


def _hand(side: Side, confidence: float = 0.8) -> Hand:
    return replace(found(1, (0, 0, 4)), side=side, side_confidence=confidence)


def _voted(sides: list[Side], rate: float) -> SideVote:
    vote = SideVote.of(_hand(sides[0]))
    for side in sides[1:]:
        vote = vote.joined(_hand(side), 1.0 / rate)
    return vote


def test_the_first_frame_s_word_is_taken_as_it_is() -> None:
    vote = SideVote.of(_hand(Side.LEFT, 0.7))
    assert vote.side is Side.LEFT
    assert vote.confidence == pytest.approx(0.7)
    assert vote.right == pytest.approx(0.3)
    assert vote.log_odds == pytest.approx(math.log(0.3 / 0.7))


def test_nothing_known_is_unknown_with_confidence_0() -> None:
    vote = _voted([Side.UNKNOWN] * 5, 30.0)
    assert (vote.side, vote.confidence, vote.right) == (Side.UNKNOWN, 0.0, 0.5)
    # As sure of the one as of the other is no side either.
    assert SideVote.of(_hand(Side.LEFT, 0.5)).side is Side.UNKNOWN


@pytest.mark.parametrize("rate", [5.0, 10.0, 30.0])
def test_a_few_wrong_frames_do_not_change_the_side(rate: float) -> None:
    second = [Side.RIGHT] * round(rate)
    vote = _voted(second + [Side.LEFT] * math.ceil(rate * 0.3) + second, rate)
    assert vote.side is Side.RIGHT
    assert vote.confidence > 0.95


@pytest.mark.parametrize("rate", [5.0, 10.0, 30.0])
def test_three_seconds_of_the_other_side_change_it(rate: float) -> None:
    seconds = [Side.RIGHT] * round(10 * rate)
    assert _voted(seconds + [Side.LEFT] * round(3 * rate), rate).side is Side.LEFT


def test_the_vote_is_much_the_same_at_any_rate() -> None:
    slow, fast = (_voted([Side.LEFT] * round(rate * 0.6), rate) for rate in (10.0, 60.0))
    assert fast.log_odds == pytest.approx(slow.log_odds, rel=0.15)


def test_a_vote_is_never_certain() -> None:
    vote = _voted([Side.RIGHT] * 10_000, 30.0)
    assert 0.99 < vote.confidence < 0.999
    sure = SideVote.of(_hand(Side.RIGHT, 1.0))
    assert 0.95 < sure.confidence < 1.0


def test_what_was_seen_is_forgotten() -> None:
    vote = SideVote.of(_hand(Side.LEFT, 0.9))
    later = vote.joined(_hand(Side.UNKNOWN), 60.0)
    assert later.side is Side.LEFT
    assert later.confidence == pytest.approx(0.5, abs=0.01)
