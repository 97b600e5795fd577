"""Whether the node's own counts add up: every image that it received has one fate."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping

from support.robot import Robot

RECEIVED = "frames_received"
# The figures of diagnostics that count images, beside the sum of them.
FATES = (
    "frames_answered",
    "frames_dropped_for_newer",
    "frames_bad",
    "frames_failed",
    "frames_without_background",
)


def settled(robot: Robot) -> dict[str, int]:
    """Return the counts once each received image has its fate; fails when that never comes."""
    last: dict[str, int] = {}

    def adds_up() -> bool:
        last.update(_counts(robot.figures()))
        return last[RECEIVED] == sum(last[fate] for fate in FATES)

    assert robot.wait_for(adds_up, 10.0), last
    return last


def _counts(figures: Mapping[str, str]) -> dict[str, int]:
    return {key: int(figures[key]) for key in (RECEIVED, *FATES)}
