"""The wish that a training ends early."""

from __future__ import annotations

from typing import Protocol


class Stop(Protocol):
    """Whether somebody wants the training to end after the step at hand."""

    asked: bool
