"""The wish that a training ends early."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Protocol


class Stop(Protocol):
    """Whether somebody wants the training to end after the step at hand."""

    asked: bool
