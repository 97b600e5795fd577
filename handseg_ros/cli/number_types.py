"""Numbers as options take them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from collections.abc import Callable


def positive(text: str) -> int:
    """Return a whole number of 1 or more; raises argparse.ArgumentTypeError or ValueError."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def bounded(minimum: float, maximum: float) -> Callable[[str], float]:
    """Return what takes a number from `minimum` to `maximum`, and raises as `positive` does."""

    def number(text: str) -> float:
        value = float(text)
        if not minimum <= value <= maximum:
            raise argparse.ArgumentTypeError(f"must be from {minimum:g} to {maximum:g}")
        return value

    return number


def port_number(text: str) -> int:
    """Return a port of TCP, 0 for any that is free; raises as `positive` does."""
    return whole_number(0, 65535)(text)


def whole_number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Return what takes a whole number of that range, and raises as `positive` does."""

    def number(text: str) -> int:
        value = int(text)
        if not minimum <= value <= maximum:
            raise argparse.ArgumentTypeError(f"must be from {minimum} to {maximum}")
        return value

    return number
