"""The error of a command that was called wrongly."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.segmentation.errors import HandsegError


class UsageError(HandsegError):
    """Options that do not go together, or a value that an option cannot take: exit code 2."""
