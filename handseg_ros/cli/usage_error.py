"""The error of a command that was called wrongly."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping

from handseg_ros.segmentation.errors import HandsegError


class UsageError(HandsegError):
    """Options that do not go together, or a value that an option cannot take: exit code 2."""


def check_needed(option: str, is_given: bool, others: Mapping[str, object]) -> None:
    """Raise UsageError where an option is missing without which others have no effect.

    Of the others, by their names, None and False are what was not given.
    """
    for name, value in others.items():
        if not is_given and value is not None and value is not False:
            raise UsageError(
                f"{name} has no effect without {option}: give both, or leave {name} out"
            )
